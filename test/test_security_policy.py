"""The policy of SROS2 that is made of the graph: its form, and what it allows."""

from __future__ import annotations

from xml.etree import ElementTree

from command_line import txt2vid
import pytest
from txt2vid_ros import graph
from txt2vid_ros.graph.interfaces import INTERFACES

# sros2's policy.xsd: each element with its children, and the attributes it needs and may have.
FORM = {
    'policy': ({'contexts'}, {'version'}, set()),
    'contexts': ({'context'}, set(), set()),
    'context': ({'profiles'}, {'path'}, set()),
    'profiles': ({'profile'}, set(), {'type'}),
    'profile': ({'topics', 'services', 'actions'}, {'ns', 'node'}, set()),
    'topics': ({'topic'}, set(), {'publish', 'subscribe'}),
    'services': ({'service'}, set(), {'reply', 'request'}),
    'actions': ({'action'}, set(), {'call', 'execute'}),
    'topic': (set(), set(), set()), 'service': (set(), set(), set()),
    'action': (set(), set(), set()),
}
EVERYTHING = {'mic': 'true', 'loudspeaker': 'true', 'window': 'true', 'responder': 'echo',
              'web': 'true'}


def assert_form(element: ElementTree.Element) -> None:
    children, needed, optional = FORM[element.tag]
    assert needed <= set(element.attrib) <= needed | optional
    assert {each.tag for each in element} <= children
    assert not children or len(element) or element.tag == 'profile'
    if optional - {'type'}:
        assert list(element.attrib.values()) == ['ALLOW']
    if not children:
        assert element.text
    for each in element:
        assert_form(each)


@pytest.mark.parametrize(('name', 'arguments'), [
    ('live', EVERYTHING), ('live', {'mode': 'audio', 'web': 'false'}), ('sender', {}),
    ('receiver', {'link': 'udp', 'link_address': '127.0.0.1:5710', 'web': 'true'}),
    ('call', {'mic': 'true', 'web': 'true'})])
def test_it_has_the_form_of_sros2_and_an_enclave_for_each_process(
        name: str, arguments: dict[str, str]) -> None:
    specs = graph.nodes(name, arguments, '/robot/head')
    root = ElementTree.fromstring(graph.policy(specs, '/robot/head'))
    assert_form(root)
    paths = [each.attrib['path'] for each in root.iter('context')]
    assert paths == [*(f'/robot/head/{spec.name}' for spec in specs), '/robot/head/client']
    assert {spec.name for spec in specs} <= set(INTERFACES)


def allowed(root: ElementTree.Element, node: str, listing: str, attribute: str) -> set[str]:
    return {str(each.text) for each in root.findall(
        f".//profile[@node='{node}']/{listing}[@{attribute}='ALLOW']/*")}


def test_a_node_may_do_its_own_work_alone_by_the_names_of_its_graph() -> None:
    root = ElementTree.fromstring(graph.policy(graph.nodes('live', EVERYTHING), '/txt2vid'))
    assert 'heard' not in allowed(root, 'lipsync', 'topics', 'publish')
    assert 'face/image_raw' in allowed(root, 'lipsync', 'topics', 'publish')
    assert allowed(root, 'say', 'actions', 'execute') == {'skill/say', 'tts_engine/tts',
                                                          'sound_play'}
    assert not root.findall(".//topic[.='*']")
    # Without a link the sender says what is heard, not what is to be answered.
    sender = ElementTree.fromstring(graph.policy(graph.nodes('sender'), '/txt2vid'))
    published = allowed(sender, 'stt', 'topics', 'publish')
    assert 'heard' in published and 'speech' not in published


def test_nodes_that_share_a_process_share_its_enclave() -> None:
    done = txt2vid('security', 'policy', '--composed', 'true', '--web', 'false')
    assert done.returncode == 0, done.stderr
    root = ElementTree.fromstring(done.stdout)
    assert_form(root)
    assert [len(each.findall('.//profile')) for each in root.iter('context')] == [4, 1]
