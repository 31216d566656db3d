"""What is asked of a graph reaches its nodes as it was written."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest
from txt2vid_ros import graph
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import typed

READ_BACK = """
import json, rclpy
from rclpy.node import Node
rclpy.init()
node = Node('tts', automatically_declare_parameters_from_overrides=True)
print(json.dumps({name: parameter.value for name, parameter in node._parameters.items()
                  if name != 'start_type_description_service'}))
node.destroy_node()
rclpy.shutdown()
"""
VALUES = {
    'space': 'two words', 'single': "it's", 'double': 'say "hi"', 'colon': 'a: b', 'empty': '',
    'hash': 'a # b', 'backslash': 'C:\\new', 'newline': 'one\ntwo', 'tab': 'a\tb',
    'unicode': 'Grüße 😀', 'brackets': '[1, {x}]', 'star': '*x', 'percent': '%d', 'no': 'no',
    'null': 'null', 'underscore': '1_000', 'nan': 'nan', 'spaced': ' 1', 'equals': 'a:=b',
    'dash': '-', 'address': '0.0.0.0:8080', 'digits': '٣',
    'whole': '123', 'fraction': '1.5', 'exponent': '1e3', 'negative': '-7', 'yes': 'true',
    'not': 'false',
}
OF_RCLPY = {'use_sim_time': ('True', True), 'qos_overrides./text.subscription.depth': ('5', 5),
            'qos_overrides./text.subscription.reliability': ('best_effort', 'best_effort')}


def test_every_value_is_read_by_ros_as_it_was_written(tmp_path: pathlib.Path) -> None:
    pytest.importorskip('rclpy')
    specs = graph.with_parameters(
        graph.nodes('live', {'people': '', 'web': 'false'}),
        [f'tts.{name}={value}' for name, value in VALUES.items()]
        + [f'tts.{name}={value}' for name, (value, _) in OF_RCLPY.items()]
        + ['tts.provider=google, hibari'])
    words = graph.command(next(spec for spec in specs if spec.name == 'tts'), 'live')
    at = words.index('--params-file')
    answer = subprocess.run(
        [sys.executable, '-c', READ_BACK, *words[3:at], *words[at + 2:]],
        capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert answer.returncode == 0, answer.stderr
    read = json.loads(answer.stdout.splitlines()[-1])
    assert read == {**VALUES, **{name: value for name, (_, value) in OF_RCLPY.items()},
                    'provider': ['google', 'hibari']}


def test_an_argument_reaches_every_node_that_it_is_for() -> None:
    specs = {spec.name: spec for spec in graph.nodes(
        'live', {'fps': '30', 'tts': 'clap', 'people': '', 'web': 'false'})}
    assert specs['lipsync'].parameters == specs['stream'].parameters == {'fps': '30'}
    assert specs['tts'].parameters == {'provider': ('clap',)}


def parameters_of(node: str, **arguments: str) -> dict[str, object]:
    spec, = (spec for spec in graph.nodes(
        'live', {'people': '', 'web': 'false', **arguments})
             if spec.name == node)
    return {**spec.parameters}


def test_options_become_parameters_of_their_own() -> None:
    assert parameters_of('tts', tts_options='google.pitch=2 google.note="two words"') == {
        'google.pitch': '2', 'google.note': 'two words'}
    assert parameters_of('stt', mic='true', stt_options='faster-whisper.beams=2') == {
        'faster_whisper.beams': '2'}
    assert parameters_of('lipsync', engine_options='wav2lip.pads=0,20,0,0',
                         face_options='crop=0,9,0,9 face.rotate=90') == {
        'wav2lip.pads': '0,20,0,0', 'face.crop': '0,9,0,9', 'face.rotate': '90'}
    with pytest.raises(UserError, match=r'tts_options: .*Close the quotation marks'):
        parameters_of('tts', tts_options='google.note="two')


def test_options_without_a_provider_are_for_the_node_to_sort() -> None:
    assert parameters_of('tts', tts_options='pitch=2 google.x=1 note="a b"') == {
        'options': "pitch=2 'note=a b'", 'google.x': '1'}
    assert parameters_of('lipsync', engine_options='blinks=0') == {'engine_options': 'blinks=0'}


def test_the_parameters_of_rclpy_have_its_types() -> None:
    specs = graph.nodes('live')
    for setting, said in (('tts.use_sim_time=perhaps', 'It has to be true or false'),
                          ('tts.qos_overrides./a.publisher.depth=1_0', 'a whole number')):
        with pytest.raises(UserError, match=said):
            graph.with_parameters(specs, [setting])
    tts, *_ = graph.with_parameters(specs, ['tts.google.depth=010', 'tts.provider=,'])
    assert typed('google.depth', tts.parameters['google.depth']) == '010'
    assert tts.parameters['provider'] == ','


def test_empty_arguments_leave_the_parameters_alone() -> None:
    assert all(not spec.parameters for spec in graph.nodes(
        'live', {'face': '', 'http': '', 'people': '', 'web': 'false'}))


def test_the_shipped_people_are_the_default() -> None:
    specs = {spec.name: spec for spec in graph.nodes('live')}
    for name in ('tts', 'lipsync'):
        assert pathlib.Path(specs[name].parameters['people']).is_file()


def test_a_link_is_a_node_of_its_own_and_an_unknown_one_is_said() -> None:
    specs = {spec.name: spec for spec in graph.nodes('live', {'link': 'udp'})}
    assert specs['link'].parameters == {'role': 'receiver', 'transport': 'udp'}
    assert 'link' not in {spec.name for spec in graph.nodes('live', {'link': 'topic'})}
    with pytest.raises(UserError, match=r"link: 'pigeon' is unknown\. Use one of topic, udp"):
        graph.nodes('live', {'link': 'pigeon'})


@pytest.mark.parametrize('link', ['topic', 'udp', 'tcp', 'serial'])
def test_what_is_said_here_reaches_the_responder_here_or_the_link(link: str) -> None:
    specs = {spec.name: spec for spec in graph.nodes('live', {'mic': 'true', 'link': link})}
    # For the responder to answer: the face must not repeat it besides.
    assert specs['stt'].remappings == ()
    assert specs['responder'].parameters == {'provider': 'echo'}
    assert list(specs)[:2] == ['mic', 'stt']
    sender = {spec.name: spec for spec in graph.nodes('sender', {'mic': 'true', 'link': link})}
    assert sender['stt'].remappings == ((('speech', 'heard'),) if link == 'topic' else ())


def test_a_receiver_with_a_microphone_is_refused() -> None:
    with pytest.raises(UserError, match=r'the receiver has no microphone\. Run the graph live'):
        graph.nodes('receiver', {'mic': 'true'})
    assert 'mic' not in {spec.name for spec in graph.nodes('receiver', {'mic': 'false'})}


@pytest.mark.parametrize('name', sorted(graph.GRAPHS))
def test_a_whole_graph_can_follow_simulated_time(name: str) -> None:
    outputs = {} if name == 'sender' else dict.fromkeys(graph.OUTPUTS, 'true')
    specs = graph.nodes(name, {'use_sim_time': 'true', 'link': 'udp', **outputs})
    assert all(spec.parameters['use_sim_time'] == 'true' for spec in specs)
    with pytest.raises(UserError, match=r"use_sim_time is 'perhaps'\. Say true or false"):
        graph.nodes(name, {'use_sim_time': 'perhaps'})


def test_http_off_is_an_empty_address_and_leaves_web_out() -> None:
    for web in ('auto', 'true', 'false'):
        specs = {spec.name: spec for spec in graph.nodes('live', {'http': 'off', 'web': web})}
        assert specs['stream'].parameters == {'http': ''}
        assert 'web' not in specs


def test_viewers_come_to_web_where_it_is_and_to_stream_where_not() -> None:
    with_web = {spec.name: spec for spec in graph.nodes(
        'receiver', {'http': '0.0.0.0:80', 'token_file': '/x', 'web': 'true',
                     'push': 'udp://h:1 whip://h/w'})}
    assert with_web['web'].parameters == {
        'http': '0.0.0.0:80', 'token_file': '/x', 'push': 'whip://h/w'}
    assert with_web['stream'].parameters == {
        'http': '127.0.0.1:0', 'through_web': 'true', 'push': 'udp://h:1'}
    assert with_web['tts'].parameters['listeners'] == ('lipsync', 'stream', 'web')
    without = {spec.name: spec for spec in graph.nodes(
        'receiver', {'http': '0.0.0.0:80', 'web': 'false'})}
    assert without['stream'].parameters == {'http': '0.0.0.0:80'}
    with pytest.raises(UserError, match='WHIP is pushed by the node web'):
        graph.nodes('live', {'push': 'whip://h/w', 'web': 'false'})
    with pytest.raises(UserError, match=r"web is 'perhaps'\. Say true or false"):
        graph.nodes('live', {'web': 'perhaps'})


def test_where_the_packages_of_web_are_missing_the_graph_comes_up_without_it(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.graph.specs.not_installed', lambda *names: names[:1])
    assert names('live', web='auto') == ['tts', 'lipsync', 'stream', 'say']
    assert parameters_of('stream', http='127.0.0.1:9', web='') == {'http': '127.0.0.1:9'}
    assert graph.web_is_missing({}) == ('aiohttp',)
    assert graph.web_is_missing({'http': 'off'}) == graph.web_is_missing({'web': 'false'}) == ()
    # Whoever asks for it is told by the node itself what it needs.
    assert names('live', web='true') == [
        'tts', 'lipsync', 'stream', 'web', 'say', 'stt', 'responder']
    assert names('receiver', web='true', mode='audio')[-1] == 'web'


def test_paths_are_absolute_because_nodes_may_run_elsewhere(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    specs = {spec.name: spec for spec in graph.nodes('live', {
        'face': 'me.jpg', 'record': '~/a.mkv', 'push': 'udp://h:1'})}
    assert specs['lipsync'].parameters['face.file'] == str(tmp_path / 'me.jpg')
    assert specs['stream'].parameters['record'] == str(pathlib.Path.home() / 'a.mkv')
    assert specs['stream'].parameters['push'] == 'udp://h:1'


def test_every_argument_sets_parameters_of_nodes_that_exist() -> None:
    for argument in graph.ARGUMENTS.values():
        assert argument.description
        for node, _ in argument.sets:
            assert node in {'link', 'call', 'responder', *graph.OUTPUTS}.union(
                *(names for graphs in graph.MODES.values() for names in graphs.values()))


def names(kind: str, **arguments: str) -> list[str]:
    return [spec.name for spec in graph.nodes(kind, {'web': 'false', **arguments})]


def test_in_audio_mode_the_sound_itself_takes_the_place_of_text_and_voice() -> None:
    assert names('sender', mode='audio') == ['mic']
    for kind in ('live', 'receiver'):
        assert names(kind, mode='audio') == ['playout', 'lipsync', 'stream']
        assert names(kind, mode='text') == names(kind) == ['tts', 'lipsync', 'stream', 'say']
        assert names(kind, skills='') == names(kind)
        assert names(kind, skills='false') == ['tts', 'lipsync', 'stream']
    assert names('live', mode='audio', mic='true') == ['mic', 'playout', 'lipsync', 'stream']
    assert set(graph.MODES['audio']) == set(graph.MODES['text'])
    playout = graph.nodes('receiver', {'mode': 'audio', 'speaker': 'anna'})[0]
    assert playout.parameters == {'speaker': 'anna'}
    with pytest.raises(UserError, match=r"mode: 'video' is unknown\. Use one of text, audio"):
        graph.nodes('live', {'mode': 'video'})


def test_over_a_link_sound_takes_the_way_of_text() -> None:
    link = {'mode': 'audio', 'link': 'udp', 'link_address': '127.0.0.1:5710'}
    assert names('sender', **link) == ['mic', 'link']
    assert names('receiver', **link) == ['playout', 'lipsync', 'stream', 'link']
    by_name = {spec.name: spec for spec in graph.nodes('receiver', link)}
    assert by_name['playout'].remappings == (
        ('mic/audio', 'peer/audio'), ('mic/audio_info', 'peer/audio_info'))
    assert by_name['link'].parameters['mode'] == 'audio'
    call = {spec.name: spec for spec in graph.nodes('call', {
        'mode': 'auto', 'listen': 'true', 'link_address': '127.0.0.1:5710'})}
    assert call['link'].parameters['mode'] == 'auto'
    assert call['playout'].remappings == by_name['playout'].remappings
    assert {'tts', 'playout', 'stt', 'call'} <= set(call)


def test_who_names_what_to_listen_to_is_listened_to() -> None:
    assert names('live', input='talk.wav') == [
        'mic', 'stt', 'responder', 'tts', 'lipsync', 'stream', 'say']
    assert names('live', device='USB')[0] == 'mic'
    assert names('live', device='USB', mic='false') == ['tts', 'lipsync', 'stream', 'say']
    assert names('receiver', device='USB')[0] == 'tts'


def test_live_hears_who_talks_into_its_page_and_loads_its_ears_only_then() -> None:
    assert parameters_of('stt', web='true') == {'load': 'on_sound'}
    assert parameters_of('stt', mic='true') == {}
    later = {spec.name for spec in graph.nodes('live', {'web': 'true'}) if spec.start_after}
    assert later == {'stt', 'responder'}
    assert not any(spec.start_after for spec in graph.nodes('live', {'mic': 'true'}))
    for arguments in ({'http': 'off'}, {'mic': 'false'}, {'web': 'false'}, {'mode': 'audio'}):
        assert not {'stt', 'responder'} & {*names('live', **{'web': 'true', **arguments})}
    assert 'stt' not in names('receiver', web='true')
    # A recognizer of one's own may publish what is answered.
    assert 'responder' in names('live', mic='false', responder='chat')
    assert 'stt' not in names('live', mic='false', responder='chat')
    assert {'stt', 'responder'} <= {*names('live', http='off', responder='chat')}


def test_who_answers_is_chosen_and_may_be_a_program(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parameters_of('responder', web='true') == {'provider': 'echo'}
    assert parameters_of('responder', responder='chat') == {'provider': 'chat'}
    assert parameters_of('responder', responder='chat', use_sim_time='true') == {
        'provider': 'chat', 'use_sim_time': 'true'}
    assert names('live', web='true', responder='none')[-1] == 'stt'
    assert names('receiver', responder='echo')[-2:] == ['stt', 'responder']
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'mine.py').touch()
    (tmp_path / 'mine').touch()
    specs = graph.with_parameters(graph.nodes('live', {'responder': 'mine.py'}),
                                  ['responder.mood=good'])
    assert graph.composed(specs)[1:] == specs[-1:]
    words = graph.command(specs[-1], 'live')
    assert words[:2] == [sys.executable, str(tmp_path / 'mine.py')]
    assert {'__node:=responder', '__ns:=/txt2vid', 'mood:="good"'} <= {*words}
    for given, says in (('mine', r'is not executable\. Run: chmod \+x'),
                        ('other.py', r"no program '.*/other\.py'\. Say echo, chat, none, or")):
        with pytest.raises(UserError, match=says):
            graph.nodes('live', {'responder': given})
    (tmp_path / 'mine').chmod(0o755)
    spec = graph.nodes('live', {'responder': 'mine'})[-1]
    assert graph.command(spec, 'live')[0] == str(tmp_path / 'mine')
    for kind, arguments in (('sender', {}), ('live', {'mode': 'audio'})):
        with pytest.raises(UserError, match='nothing that chat could answer'):
            graph.nodes(kind, {'responder': 'chat', **arguments})
        assert 'responder' not in names(kind, responder='none', **arguments)


def test_a_microphone_beside_a_loudspeaker_knows_of_it() -> None:
    both = {'mic': 'true', 'loudspeaker': 'true'}
    assert parameters_of('stt', **both) == {'loudspeaker': 'true'}
    assert parameters_of('stt', mic='true') == {}
    assert parameters_of('stt', **both, barge_in='never', echo_cancellation='always') == {
        'loudspeaker': 'true', 'barge_in': 'never', 'echo_cancellation': 'always'}


def test_a_robot_has_the_loudspeaker_and_the_window_that_are_requested() -> None:
    for kind in ('live', 'receiver'):
        assert {'loudspeaker', 'window'} <= {*names(kind, loudspeaker='true', window='True')}
        assert names(kind, loudspeaker='false', window='') == names(kind)
    assert names('live', mode='audio', window='true') == ['playout', 'lipsync', 'stream', 'window']
    assert 'loudspeaker' in names('live', loudspeaker_device='USB')
    assert 'loudspeaker' not in names('live', loudspeaker_device='USB', loudspeaker='false')
    assert parameters_of('loudspeaker', loudspeaker_device='010') == {'device': '010'}
    # The first words wait for whoever is to hear them.
    assert parameters_of('tts', loudspeaker='true') == {
        'listeners': ('lipsync', 'stream', 'loudspeaker')}
    with pytest.raises(UserError, match=r"window is 'wide'\. Say true or false"):
        graph.nodes('live', {'window': 'wide'})
    with pytest.raises(UserError, match='loudspeaker: the sender shows no face'):
        graph.nodes('sender', {'loudspeaker': 'true'})


@pytest.mark.parametrize('namespace', ['robot', '/robot', '/robot/'])
def test_a_namespace_may_be_written_with_or_without_slashes(namespace: str) -> None:
    spec = graph.nodes('live', namespace=namespace)[0]
    assert spec.namespace == '/robot'
    assert '__ns:=/robot' in graph.command(spec, 'live')


@pytest.mark.parametrize('namespace', ['two words', '/1st', 'a-b', '/a//b'])
def test_a_namespace_that_ros_cannot_have_is_said(namespace: str) -> None:
    with pytest.raises(UserError, match='is no ROS namespace'):
        graph.nodes('live', namespace=namespace)


@pytest.mark.parametrize(('setting', 'said'), [
    ('tts.spe ed=1', 'is not a parameter name'),
    ('tts', 'not of the form'), ('tts.speed', 'not of the form'), ('speed=1', 'not of the form'),
    ('tts.=1', 'not of the form'), ('nobody.speed=1', 'Available: tts, lipsync, stream')])
def test_a_setting_that_is_wrong_says_how_it_should_be(setting: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        graph.with_parameters(graph.nodes('live'), [setting])


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(UserError, match=r'fase is no argument of the live graph.*face'):
        graph.nodes('live', {'fase': 'x'})


def test_the_nodes_keep_to_one_thread_for_small_matrices() -> None:
    assert graph.ENVIRONMENT['OMP_NUM_THREADS'] == '1'


@pytest.mark.parametrize(('given', 'size'), [
    ({'width': '320'}, (320, 0)), ({'height': '720'}, (0, 720)),
    ({'width': '320', 'height': '320'}, (320, 320))])
def test_one_side_of_the_picture_alone_leaves_the_other_to_the_face(
        given: dict[str, str], size: tuple[int, int]) -> None:
    for node in graph.nodes('receiver', given):
        if node.name in ('lipsync', 'stream'):
            assert (int(node.parameters['width']), int(node.parameters['height'])) == size
