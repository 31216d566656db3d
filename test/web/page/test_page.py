"""The page for conversation, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
import time
from typing import Any

import axe_core_python
from contract_server import ContractServer, GONE, HELLO
import pytest
from rig import until
from txt2vid_ros.bench.rig.chromium import MICROPHONE, Page, program

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

AXE = (pathlib.Path(axe_core_python.__file__).parent / 'axe.min.js').read_text('utf-8')
ELSEWHERE = 'face.test'
"""A name by which the server is no machine of the browser's own."""
SECOND = 1_000_000_000
HOSTILE = '<img src=x onerror=document.title="gone">'
UNBROKEN = 'Donaudampfschifffahrtsgesellschaft' * 12
RIGHT_TO_LEFT = 'مرحبا بكم في الجامعة، كيف يمكنني مساعدتك؟'


@pytest.fixture(scope='module')
def server() -> Iterator[ContractServer]:
    with ContractServer() as running:
        yield running


@pytest.fixture(scope='module')
def browser(server: ContractServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    flags = (*MICROPHONE, f'--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1')
    with Page('about:blank', tmp_path_factory.mktemp('profile'), flags) as running:
        yield running


@pytest.fixture
def page(server: ContractServer, browser: Page) -> Iterator[Page]:
    """Return the page as somebody finds it who has just opened it."""
    server.hello = dict(HELLO)
    server.refuse.clear()
    server.received.clear()
    browser.resize(720, 560)
    browser.prefer(color_scheme='light')
    show(browser, server.url)
    browser.problems.clear()
    yield browser
    # Nothing was thrown, and nothing was against the page's own policy.
    assert not [each for each in browser.problems
                if 'exceptionDetails' in each or 'Content Security Policy' in each]


def show(page: Page, url: str) -> None:
    page.navigate(url)
    until(lambda: seen(page, '#stage').get('picture') == '', 'for the picture')
    until(lambda: seen(page, '#state').get('state') == 'live', 'for the server')


def seen(page: Page, selector: str) -> dict[str, Any]:
    return dict(ask(page, f'({{...document.querySelector({selector!r})?.dataset}})'))


def ask(page: Page, expression: str) -> Any:
    """Evaluate without what a browser takes for a gesture."""
    return page.evaluate(expression, gesture=False)


def shown(page: Page, selector: str) -> str:
    """Return the text of an element, '' where it is not to be seen."""
    return str(ask(page, f"""(element => element?.checkVisibility() ? element.innerText : '')
        (document.querySelector({selector!r}))"""))


def caption(server: ContractServer, words: list[str], *, start: int, each: int, name: str = 'a#1',
            **more: Any) -> None:
    """Send a caption whose words are heard one after the other, `each` ns long."""
    times = [str(start + index * each) for index in range(len(words) + 1)]
    server.say(**{
        'type': 'caption', 'id': name, 'speaker': 'default', 'start': times[0],
        'text': ' '.join(words), 'cut': False, 'unsaid': '', 'words': [
            {'text': word, 'start': times[index], 'end': times[index + 1]}
            for index, word in enumerate(words)], **more})


def test_the_face_plays_muted_until_one_click_turns_the_sound_on(page: Page) -> None:
    assert ask(page, "document.getElementById('face').muted") is True
    assert shown(page, '#sound-on') == 'Turn the sound on'
    width, height = ask(page, '(box => [box.width, box.height])'
                              "(document.getElementById('sound-on').getBoundingClientRect())")
    assert width > 300
    assert height > 60
    begun = ask(page, "document.getElementById('face').currentTime")
    page.click('#sound-on')
    until(lambda: ask(page, "!document.getElementById('face').muted"), 'for the sound')
    assert shown(page, '#sound-on') == ''
    until(lambda: ask(page, "document.getElementById('face').currentTime") > begun + 0.3,
          'for frames')
    assert ask(page, 'document.activeElement.id') == 'sound'
    assert 'Synthetic' in shown(page, '#synthetic')
    page.press('m')
    assert ask(page, "document.getElementById('face').muted") is True


def test_words_are_marked_one_after_the_other_and_pages_follow_each_other(
        page: Page, server: ContractServer) -> None:
    # How well that is in step with the sound, test_page_on_server.py tells.
    words = [f'word{index},' for index in range(24)]
    ask(page, """{
        window.marks = [];
        new MutationObserver(() => {
          const word = document.querySelector('#said .now')?.textContent;
          if (word && word !== marks.at(-1)) marks.push(word);
        }).observe(document.getElementById('said'),
                   { subtree: true, childList: true, attributes: true });
    }""")
    caption(server, words, start=time.time_ns() + SECOND // 2, each=SECOND // 8)
    until(lambda: words[0] in shown(page, '#said'), 'for the first page')
    assert words[-1] not in shown(page, '#said')
    until(lambda: words[-1] in ask(page, 'marks'), 'for the last word')
    assert words[0] not in shown(page, '#said')
    marks = ask(page, 'marks')
    assert marks == [word for word in words if word in marks]
    assert len(marks) > len(words) / 2
    until(lambda: shown(page, '#said') == '', 'for the caption to go')


def test_an_interrupted_caption_ends_where_the_voice_did(
        page: Page, server: ContractServer) -> None:
    start = time.time_ns()
    words = ['Here', 'is', 'a', 'sentence', 'that', 'nobody', 'hears', 'to', 'its', 'end']
    caption(server, words, start=start, each=SECOND // 10)
    until(lambda: 'Here' in shown(page, '#said'))
    caption(server, words, start=start, each=SECOND // 10, cut=str(start + 3 * SECOND // 10),
            unsaid='sentence that nobody hears to its end')
    until(lambda: shown(page, '#said') == 'Here is a —', 'for the end of the caption')
    page.press('i')
    line = shown(page, '#transcript')
    assert 'Here is a —' in line
    assert 'not said: sentence that nobody hears to its end' in line
    page.press('Escape')
    assert shown(page, '#details') == ''
    assert server.received == []


def test_text_goes_to_the_face_and_escape_interrupts_it(
        page: Page, server: ContractServer) -> None:
    page.click('#text')
    page.write('Tell me it’s <b>fine</b>')
    page.press('Enter')
    until(lambda: len(server.received) == 1)
    assert server.received == [
        {'type': 'say', 'text': 'Tell me it’s <b>fine</b>', 'speaker': 'default'}]
    assert ask(page, "document.getElementById('text').value") == ''
    # Letters are text there, not keys.
    page.press('i')
    assert shown(page, '#details') == ''
    page.press('Escape')
    page.click('#interrupt')
    until(lambda: len(server.received) == 3)
    assert server.received[1:] == [{'type': 'interrupt'}] * 2


def test_a_speaker_can_be_chosen_where_there_are_several(
        page: Page, server: ContractServer) -> None:
    assert shown(page, '#speaker-box') == ''
    server.hello['speakers'] = [{'id': 'default', 'name': 'Default'},
                                {'id': 'anna', 'name': HOSTILE}]
    show(page, server.url)
    assert ask(page, "[...document.querySelectorAll('#speaker option')].map(o => o.text)") == [
        'Default', HOSTILE]
    ask(page, "document.getElementById('speaker').value = 'anna'")
    page.click('#text')
    page.write('Hello')
    page.click('#send')
    until(lambda: bool(server.received))
    assert server.received[0]['speaker'] == 'anna'


def test_the_microphone_is_sent_and_its_loudness_shown(page: Page, server: ContractServer) -> None:
    server.loudest = 0.0
    ask(page, """{
        window.levels = [];
        new MutationObserver(() => window.levels.push(
          Number(document.getElementById('loudness').getAttribute('aria-valuenow')))
        ).observe(document.getElementById('loudness'), { attributeFilter: ['aria-valuenow'] });
    }""")
    page.click('#talk')
    until(lambda: ask(page, "document.getElementById('talk').ariaPressed") == 'true', 'to talk')
    until(lambda: server.loudest > 0.05, 'for sound from the browser')
    until(lambda: len(set(ask(page, 'window.levels'))) > 1, 'for the level to move')
    server.say(type='heard', speaker='default', start='1', partial='Where is', final='')
    until(lambda: shown(page, '#heard') == 'You Where is')
    assert 'Where is' not in str(ask(page, "document.getElementById('announce').textContent"))
    server.say(type='heard', speaker='default', start='1', partial='', final='Where is it?')
    until(lambda: 'You: Where is it?' in ask(
        page, "document.getElementById('announce').textContent"))
    before = len(server.sessions)
    page.press('t')
    until(lambda: ask(page, "document.getElementById('talk').ariaPressed") == 'false')
    until(lambda: len(server.sessions) == before - 1, 'for the session to be ended')


TROUBLES = {'busy': 'Somebody else is talking', 'refused': 'may not talk',
            'gone': 'There is no connection', 'denied': 'not allowed',
            'none': 'No microphone was found', 'insecure': 'gives no microphone to this page'}


def test_why_one_cannot_talk_is_said_in_words(page: Page, server: ContractServer) -> None:
    for trouble, words in TROUBLES.items():
        server.refuse = {'busy': {'/whip': 409}, 'refused': {'/whip': 403},
                         'gone': {'/whip': GONE}}.get(trouble, {})
        if fault := {'denied': 'NotAllowedError', 'none': 'NotFoundError'}.get(trouble):
            ask(page, f"""navigator.mediaDevices.getUserMedia =
                async () => {{ throw new DOMException('', '{fault}'); }}; 0""")
        if trouble == 'insecure':
            show(page, server.url.replace('127.0.0.1', ELSEWHERE))
        page.click('#talk')
        until(lambda told=words: told in shown(page, '#notice'), f'for the reason: {trouble}')
        assert ask(page, "document.getElementById('talk').ariaPressed") == 'false'
        assert ask(page, "document.getElementById('notice').role") == 'alert'
        # With a remedy, and it can be put away.
        assert len(shown(page, '#notice p')) > 40
        page.click('#notice button')
        assert shown(page, '#notice') == ''


def test_text_from_outside_is_shown_as_it_is_written(page: Page, server: ContractServer) -> None:
    start = time.time_ns() - SECOND
    caption(server, [HOSTILE], start=start, each=SECOND * 60)
    server.say(type='heard', speaker=HOSTILE, start='2', partial='', final=HOSTILE)
    server.say(type='error', text=HOSTILE)
    server.say(type='state', level='ok', nodes={HOSTILE: HOSTILE}, figures={HOSTILE: 1})
    page.resize(900, 800)  # room for all of it
    for selector in ('#said', '#heard', '#notice'):
        until(lambda name=selector: HOSTILE in shown(page, name), selector)
    ask(page, "document.getElementById('more').click()")
    until(lambda: HOSTILE in shown(page, '#parts'))
    assert ask(page, "document.querySelectorAll('main img, main script, aside img, #notice img')"
                     '.length') == 0
    assert ask(page, 'document.title') == 'Talking face'
    # What is not of the protocol is let be.
    for message in ('null', '[]', '"', '{"type":7}', '{"type":"nothing"}', '{"type":"caption"}',
                    '{"type":"caption","id":"b","start":"x","words":[{}]}', '{"type":"state"}'):
        server.send(message)
    server.say(type='speaking', value=True)
    until(lambda: seen(page, '#state').get('state') == 'speaking', 'for the page to go on')
    server.say(type='speaking', value=False)


@pytest.mark.parametrize(('width', 'height'), [(360, 640), (844, 390)])
def test_no_text_breaks_a_small_screen(page: Page, server: ContractServer, width: int,
                                       height: int) -> None:
    page.resize(width, height, touch=True)
    for text in (UNBROKEN, RIGHT_TO_LEFT, 'a ' * 800, ' '.join([UNBROKEN] * 3)):
        caption(server, text.split(), start=time.time_ns() - SECOND // 2, each=20 * SECOND,
                name=text)
        server.say(type='heard', speaker='x', start='3', partial='', final=text)
        server.say(type='error', text=text)
        begins = text.strip()[:20]
        until(lambda told=begins: told in ask(
            page, "document.getElementById('said').textContent"), 'for the caption')
        assert ask(page, 'document.documentElement.scrollWidth') <= width
        # Everything is inside the window.
        assert ask(page, f"""[...document.querySelectorAll(
            '#dock > :not([hidden]), .top > :not([hidden]), #said, #notice')].filter(element => {{
              const box = element.getBoundingClientRect();
              return element.checkVisibility() && (box.left < -1 || box.right > {width} + 1
                || box.top < -1 || box.bottom > {height} + 1);
            }}).map(element => element.id || element.className)""") == []
        direction = ask(page, "getComputedStyle(document.getElementById('said')).direction")
        assert direction == ('rtl' if text is RIGHT_TO_LEFT else 'ltr')


def test_a_viewer_whose_server_went_away_sees_the_face_again(
        page: Page, server: ContractServer) -> None:
    page.click('#sound-on')
    page.click('#talk')
    until(lambda: ask(page, "document.getElementById('talk').ariaPressed") == 'true', 'to talk')
    server.close()
    until(lambda: 'microphone was cut off' in shown(page, '#notice'), 'for the microphone')
    page.click('#notice button')
    until(lambda: 'connection is lost' in shown(page, '#notice'), 'for the page to say so')
    assert shown(page, '#state') == 'Reconnecting'
    page.click('#text')
    page.write('Kept')
    page.press('Enter')
    assert 'was not sent' in shown(page, '#notice')
    assert ask(page, "document.getElementById('text').value") == 'Kept'
    server.begin()
    until(lambda: seen(page, '#state').get('state') == 'live', 'for the face')
    until(lambda: shown(page, '#notice') == '', 'for the messages to go')
    assert shown(page, '#talk-text') == 'Talk'
    assert ask(page, "document.getElementById('face').muted") is False
    page.press('Enter')
    until(lambda: bool(server.received))
    assert server.received[0]['text'] == 'Kept'


def test_the_kiosk_shows_the_face_and_nothing_else(page: Page, server: ContractServer) -> None:
    page.navigate(server.url + '/?kiosk')
    until(lambda: seen(page, '#stage').get('picture') == '', 'for the picture')
    visible = ask(page, """[...document.body.querySelectorAll('*')].filter(element =>
        element.checkVisibility({ checkVisibilityCSS: true })
        && element.getBoundingClientRect().width > 1).map(element => element.id)""")
    assert set(visible) <= {'stage', 'ambient', 'face', 'announce', ''}
    assert ask(page, "document.body.innerText.replace(/Talking face/, '').trim()") == ''
    assert ask(page, "getComputedStyle(document.getElementById('face')).cursor") == 'none'
    assert ask(page, "document.getElementById('face').muted") is True
    page.click('#face')
    until(lambda: ask(page, "!document.getElementById('face').muted"), 'for the sound')


@pytest.mark.parametrize(('width', 'theme', 'query'), [
    (900, 'light', ''), (900, 'dark', ''), (360, 'light', ''), (480, 'dark', 'embed')])
def test_axe_finds_nothing_serious(page: Page, server: ContractServer, width: int, theme: str,
                                   query: str) -> None:
    page.resize(width, 720, touch=width < 500)
    page.prefer(color_scheme=theme, reduced_motion='reduce')
    server.hello['speakers'] = [{'id': 'a', 'name': 'Anna'}, {'id': 'b', 'name': 'Ben'}]
    show(page, server.url + '/' + query)
    assert seen(page, 'html')['theme'] == theme
    caption(server, ['Some', 'words', 'that', 'are', 'heard'], start=time.time_ns(), each=SECOND)
    server.say(type='heard', speaker='a', start='4', partial='', final='Some question')
    server.say(type='error', text='Something went wrong')
    until(lambda: bool(shown(page, '#said')) and bool(shown(page, '#notice')))
    ask(page, AXE + '; 0')
    for _ in range(1 if query else 2):
        found = ask(page, 'axe.run().then(result => result.violations.map('
                          'each => [each.impact, each.id, each.nodes.map(node => node.html)]))')
        assert not [each for each in found if each[0] in ('serious', 'critical')]
        ask(page, "document.getElementById('more').click()")


def test_the_keyboard_reaches_everything_and_is_not_trapped(page: Page) -> None:
    ask(page, 'document.activeElement.blur()')
    reached = []
    for _ in range(12):
        page.press('Tab')
        reached.append(ask(page, 'document.activeElement.id'))
        outline = ask(page, 'getComputedStyle(document.activeElement).outlineStyle')
        assert reached[-1] == '' or outline != 'none'
    for name in ('theme', 'more', 'sound-on', 'talk', 'text', 'interrupt', 'sound'):
        assert name in reached
    page.press('i')
    assert ask(page, 'document.activeElement.id') == 'less'
    page.press('Escape')
    assert ask(page, 'document.activeElement.id') == 'more'


def test_the_colours_can_be_changed_and_stay(page: Page, server: ContractServer) -> None:
    assert seen(page, 'html')['theme'] == 'light'
    page.click('#theme')
    assert seen(page, 'html')['theme'] == 'dark'
    show(page, server.url)
    assert seen(page, 'html')['theme'] == 'dark'
    page.click('#theme')
    assert seen(page, 'html')['theme'] == 'light'
    ask(page, 'localStorage.clear()')
