"""The page of a call, in a real browser with its camera and microphone of pretence."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
import subprocess
import time
from typing import Any

import axe_core_python
from call_rig import CallServer
import pytest
from rig import until
from txt2vid_ros.bench.rig.chromium import MICROPHONE, Page, program

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

AXE = (pathlib.Path(axe_core_python.__file__).parent / 'axe.min.js').read_text('utf-8')
HOSTILE = '<img src=x onerror=document.title="gone">'


@pytest.fixture(scope='module')
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallServer]:
    with CallServer(tmp_path_factory.mktemp('faces') / 'mine', pictures=True) as running:
        yield running


@pytest.fixture(scope='module')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page('about:blank', tmp_path_factory.mktemp('profile'), MICROPHONE) as running:
        yield running


@pytest.fixture
def page(server: CallServer, browser: Page) -> Iterator[Page]:
    """Return the page as somebody finds it who has just opened it, in a call."""
    server.call.shared.clear()
    server.call.edits.clear()
    server.call.hung_up = 0
    server.graph.said.clear()
    server.tell()
    browser.resize(800, 700)
    browser.prefer(color_scheme='light')
    show(browser, server)
    browser.problems.clear()
    yield browser
    for start in range(1, 4):
        server.draft('', start)
    # Nothing was thrown, and nothing was against the page's own policy.
    assert not [each for each in browser.problems
                if 'exceptionDetails' in each or 'Content Security Policy' in each]


def show(page: Page, server: CallServer) -> None:
    page.navigate(server.url + '/call')
    until(lambda: ask(page, "document.querySelector('#stage')?.dataset.picture") == '',
          'for the picture')
    until(lambda: shown(page, '#state-text') == 'Connected', 'for the call')


def ask(page: Page, expression: str) -> Any:
    """Evaluate without what a browser takes for a gesture."""
    return page.evaluate(expression, gesture=False)


def shown(page: Page, selector: str) -> str:
    """Return the text of an element, '' where it is not to be seen."""
    return str(ask(page, f"""(element => element?.checkVisibility() ? element.innerText : '')
        (document.querySelector({selector!r}))"""))


def value(page: Page, selector: str = '.draft textarea') -> str:
    return str(ask(page, f'document.querySelector({selector!r})?.value ?? ""'))


def visible(page: Page, selector: str) -> bool:
    return bool(ask(page, f'document.querySelector({selector!r})?.checkVisibility() ?? false'))


# Who is there ------------------------------------------------------------------------------------


def test_who_is_there_what_it_costs_and_that_it_is_synthetic_is_shown(
        page: Page, server: CallServer) -> None:
    assert shown(page, '#peer-name') == 'Anna'
    assert shown(page, '#synthetic') == 'Synthetic face and voice: heart'
    assert shown(page, '#cost') == '86 bit/s, text'
    server.tell(bits=7003, mode='audio')
    until(lambda: shown(page, '#cost') == '7003 bit/s, voice', 'for the costs')
    server.tell(bits=None)
    until(lambda: shown(page, '#cost') == 'cost not known, text')
    assert shown(page, '#state-text') == 'No word of the link'
    server.tell(lost=72)
    until(lambda: shown(page, '#state-text') == 'Link lost for 1 min 12 s', 'for the loss')
    server.tell(state='waiting', name='', voice='', face='none')
    until(lambda: shown(page, '#state-text') == 'Waiting for the other end')
    assert shown(page, '#peer-name') == ''
    assert 'Synthetic' in shown(page, '#synthetic')
    # Who has hung up may call again: the page stays.
    server.tell(state='ended', lost=60)
    until(lambda: shown(page, '#state-text') == 'The other end has hung up')
    server.tell()
    until(lambda: shown(page, '#state-text') == 'Connected')
    told = ask(page, "document.getElementById('announce').textContent")
    assert 'The link is lost.' in told
    assert 'Waiting for the other end.' in told


def test_a_card_on_its_way_and_a_refusal_are_shown(page: Page, server: CallServer) -> None:
    assert shown(page, '#arriving') == ''
    server.tell(progress=[12_000, 30_000])
    until(lambda: '12 kB of 30 kB' in shown(page, '#arriving'), 'for the progress')
    assert ask(page, "document.getElementById('arrived').position") == 0.4
    server.tell(progress=[30_000, 30_000], refusal='the peer takes no faces', own_card={
        'name': 'Bert', 'face': True, 'bytes': 30_000, 'state': 'sending', 'problem': ''})
    until(lambda: 'the peer takes no faces' in shown(page, '#notice'), 'for the refusal')
    assert shown(page, '#arriving') == ''
    page.press('i')
    rows = shown(page, '#call')
    for words in ('Anna', 'heart', 'the peer takes no faces', 'With a picture', '30 kB'):
        assert words in rows


def test_what_others_say_of_themselves_is_shown_as_it_is_written(
        page: Page, server: CallServer) -> None:
    server.tell(name=HOSTILE, voice=HOSTILE, refusal=HOSTILE, mode=HOSTILE,
                own_card={HOSTILE: HOSTILE})
    server.draft(HOSTILE)
    until(lambda: value(page) == HOSTILE, 'for the line')
    assert HOSTILE in shown(page, '#peer-name')
    assert HOSTILE in shown(page, '#notice')
    page.click('#card-open')
    until(lambda: HOSTILE in shown(page, '#card-told'))
    assert ask(page, "document.querySelectorAll('main img, dialog img, .top img').length") == 0
    assert ask(page, 'document.title') == 'Call'
    for message in ({}, {'there': True}, {'lines': [{}]}, {'progress': 'x', 'own_card': None}):
        server.post({'type': 'call', **message})
        server.post({'type': 'drafts', **message})
    server.tell(name='Still here')
    until(lambda: shown(page, '#peer-name') == 'Still here', 'for the page to go on')
    server.post({'type': 'drafts', 'lines': []})


def test_both_sides_of_the_conversation_are_read_along(page: Page, server: CallServer) -> None:
    server.post({'type': 'caption', 'id': 'a#1', 'speaker': 'x', 'start': str(time.time_ns()),
                 'text': 'Can you hear me?', 'words': [], 'cut': False, 'unsaid': '',
                 'final': True})
    server.post({'type': 'heard', 'speaker': 'guest', 'start': '9', 'partial': '',
                 'final': 'Very well.'})
    until(lambda: 'Can you hear me?' in shown(page, '#said'), 'for the other end')
    until(lambda: shown(page, '#heard') == 'You Very well.', 'for oneself')
    page.click('#text')
    page.write('And in writing')
    page.press('Enter')
    until(lambda: server.graph.said == [('And in writing', '')], 'for the text')
    page.press('Tab')
    ask(page, 'document.activeElement.blur()')
    page.press('i')
    transcript = shown(page, '#transcript')
    for line in ('Anna', 'Can you hear me?', 'You', 'Very well.', 'And in writing'):
        assert line in transcript


# Correction before it is said --------------------------------------------------------------------


def test_what_was_recognized_stands_with_a_countdown_and_goes(
        page: Page, server: CallServer) -> None:
    server.draft('I can here you.')
    until(lambda: value(page) == 'I can here you.', 'for the line')
    until(lambda: shown(page, '.draft .left').endswith(' s'), 'for the countdown')
    first = int(shown(page, '.draft .left').split()[0])
    until(lambda: int(shown(page, '.draft .left').split()[0]) < first, 'for it to go on')
    assert 'Press E to correct it' in str(ask(
        page, "document.getElementById('announce').textContent"))
    # It takes nobody's focus.
    assert ask(page, "document.activeElement.closest('.draft')") is None
    server.draft('')
    until(lambda: not visible(page, '#drafts'), 'for it to go')
    assert shown(page, '#notice') == ''


def test_typing_holds_it_and_enter_says_it(page: Page, server: CallServer) -> None:
    server.draft('I can here you.')
    until(lambda: value(page) != '', 'for the line')
    page.press('e')
    assert ask(page, "document.activeElement.closest('.draft') !== null") is True
    ask(page, 'document.activeElement.setSelectionRange(6, 10)')
    page.write('hear')
    until(lambda: server.call.last('hold') is not None, 'for the hold')
    assert server.call.last('hold') == ('guest', 1, 'hold', 'I can hear you.')
    until(lambda: shown(page, '.draft .left') == 'Held')
    # What the server says of it changes nothing of what is being written.
    server.draft('I can hear', held=True)
    server.draft('And more.', 2)
    until(lambda: ask(page, "document.querySelectorAll('.draft').length") == 2)
    assert value(page) == 'I can hear you.'
    page.press('Enter')
    until(lambda: server.call.last('send') is not None, 'for the text')
    assert server.call.last('send') == ('guest', 1, 'send', 'I can hear you.')
    server.draft('', 1)
    until(lambda: value(page) == 'And more.', 'for the next')
    assert shown(page, '#notice') == ''
    assert ask(page, 'document.activeElement.id') == 'text'


def test_escape_discards_it_wherever_the_focus_is(page: Page, server: CallServer) -> None:
    server.draft('Nonsense.', 1)
    server.draft('More nonsense.', 2)
    until(lambda: ask(page, "document.querySelectorAll('.draft').length") == 2, 'for the lines')
    page.press('Escape')
    until(lambda: server.call.last('discard') == ('guest', 1, 'discard', ''), 'for the first')
    server.draft('', 1)
    until(lambda: value(page) == 'More nonsense.')
    page.click('.draft textarea')
    page.press('Escape')
    until(lambda: server.call.last('discard') == ('guest', 2, 'discard', ''), 'for the other')
    server.draft('', 2)
    until(lambda: not visible(page, '#drafts'))
    ask(page, 'document.activeElement.blur()')
    page.press('i')
    assert '(not said: Nonsense.)' in shown(page, '#transcript')


def test_who_comes_too_late_is_told(page: Page, server: CallServer) -> None:
    server.draft('Gone soon.')
    until(lambda: value(page) != '', 'for the line')
    page.click('.draft textarea')
    page.write('!')
    until(lambda: server.call.last('hold') is not None, 'for the hold')
    server.draft('')
    until(lambda: 'already said' in shown(page, '#notice'), 'for the page to say so')


# Talking and hanging up --------------------------------------------------------------------------


def test_the_microphone_is_sent_and_can_be_muted(page: Page, server: CallServer) -> None:
    assert not visible(page, '#mute')
    page.click('#talk')
    until(lambda: shown(page, '#talk-text') == 'Talking', 'to talk')
    server.peaks.clear()
    until(lambda: max(server.peaks, default=0.0) > 0.05, 'for sound from the browser')
    page.click('#mute')
    assert ask(page, "document.getElementById('mute').ariaPressed") == 'true'
    assert shown(page, '#talk-text') == 'Muted'

    def silent() -> bool:
        # It beeps once a second: longer than that without is silence.
        return len(server.peaks) > 75 and max(server.peaks[-75:]) < 0.01

    server.peaks.clear()
    until(silent, 'for silence')
    page.press('u')
    assert shown(page, '#talk-text') == 'Talking'
    server.peaks.clear()
    until(lambda: max(server.peaks, default=0.0) > 0.05, 'for sound again')
    # The sound of the other end is another matter.
    muted = ask(page, "document.getElementById('face').muted")
    page.press('m')
    assert ask(page, "document.getElementById('face').muted") is not muted
    page.press('t')
    until(lambda: shown(page, '#talk-text') == 'Talk')
    assert not visible(page, '#mute')


def test_hanging_up_asks_first_and_ends_the_page(page: Page, server: CallServer) -> None:
    page.click('#hang-up')
    assert 'Hang up?' in shown(page, '#leave')
    page.press('Escape')
    assert shown(page, '#leave') == ''
    page.click('#hang-up')
    page.click('#stay')
    assert server.call.hung_up == 0
    page.click('#hang-up')
    page.click('#go')
    until(lambda: server.call.hung_up == 1, 'for the end of the call')
    assert 'The call has ended' in shown(page, '#ended')
    until(lambda: len(server.server.parts.hub) == 0, 'for the page to leave')
    assert ask(page, 'document.activeElement.id') == 'again'


# One's own picture -------------------------------------------------------------------------------


def take(page: Page, server: CallServer) -> None:
    page.click('#card-open')
    page.click('#camera-on')
    until(lambda: visible(page, '#take'), 'for the camera')
    until(lambda: ask(page, "document.getElementById('camera').videoWidth") > 0, 'for its picture')


def decoded(file: pathlib.Path) -> tuple[str, int, float]:
    """Return codec, width and seconds of what a browser has made, by ffprobe."""
    words = subprocess.run(
        ['ffprobe', '-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries',
         'stream=codec_name,width,nb_read_frames:packet=pts_time', '-of', 'csv=p=0', str(file)],
        capture_output=True, text=True, check=True).stdout.split()
    times = [float(word.split(',')[0]) for word in words if word[0].isdigit() and '.' in word]
    codec, width, *_ = next(word for word in words if word[0].isalpha()).split(',')
    return codec, int(width), max(times, default=0.0)


def test_a_picture_is_shared_once_its_owner_has_agreed(page: Page, server: CallServer) -> None:
    take(page, server)
    page.click('#take')
    until(lambda: visible(page, '#still'), 'for the picture')
    # The camera has done its work.
    assert ask(page, "document.getElementById('camera').srcObject.active") is False
    words = shown(page, '#consent')
    assert 'Anna' in words
    assert 'cannot be taken back' in words
    assert ask(page, "document.getElementById('share').disabled") is True
    page.click('#share')
    page.click('#retake')
    until(lambda: visible(page, '#take'), 'for the camera again')
    page.click('#take')
    until(lambda: visible(page, '#still'))
    # Consent is for what is seen, and asked for again.
    page.click('#agree')
    page.click('#retake')
    until(lambda: visible(page, '#take'))
    page.click('#take')
    until(lambda: visible(page, '#still'))
    assert ask(page, "document.getElementById('agree').checked") is False
    assert server.call.shared == []
    assert not server.call.own_face_folder.exists()
    page.click('#agree')
    page.click('#share')
    until(lambda: bool(server.call.shared), 'for the picture to arrive')
    file, = server.call.shared
    assert file is not None
    assert file.suffix == '.jpg'
    assert decoded(file)[:2] == ('mjpeg', 640)
    server.tell(shares=True)
    until(lambda: visible(page, '#unshare'), 'for a way back')
    page.click('#unshare')
    until(lambda: server.call.shared[-1] is None, 'for the end of it')
    until(lambda: not file.exists(), 'for its file to go')


def test_a_clip_is_shared(page: Page, server: CallServer) -> None:
    take(page, server)
    page.click('#record')
    until(lambda: visible(page, '#stop'), 'to record')
    assert ask(page, "document.getElementById('stop').disabled") is True
    until(lambda: ask(page, "document.getElementById('stop').disabled") is False, 'for 3 s')
    page.click('#stop')
    until(lambda: visible(page, '#clip'), 'for the clip')
    until(lambda: ask(page, "document.getElementById('clip').videoWidth") > 0, 'to see it')
    assert ask(page, "document.getElementById('camera').srcObject.active") is False
    page.click('#agree')
    page.click('#share')
    until(lambda: bool(server.call.shared), 'for the clip to arrive')
    file, = server.call.shared
    assert file is not None
    assert file.suffix == '.webm'
    codec, width, seconds = decoded(file)
    assert (codec, width) == ('vp8', 640)
    # A busy browser records less than it was told to.
    assert 1.0 < seconds < 11.0


def test_a_dialog_that_is_left_keeps_nothing(page: Page, server: CallServer) -> None:
    take(page, server)
    page.click('#record')
    until(lambda: visible(page, '#stop'), 'to record')
    page.press('Escape')
    until(lambda: not ask(page, "document.getElementById('camera').srcObject.active"),
          'for the camera to be off')
    take(page, server)
    page.click('#take')
    until(lambda: visible(page, '#consent'), 'for the picture')
    page.click('#card-close')
    page.click('#card-open')
    assert not visible(page, '#consent')
    assert server.call.shared == []


def test_why_no_picture_can_be_shared_is_said(page: Page, server: CallServer) -> None:
    ask(page, """navigator.mediaDevices.getUserMedia =
        async () => { throw new DOMException('', 'NotAllowedError'); }; 0""")
    page.click('#card-open')
    page.click('#camera-on')
    until(lambda: 'not allowed' in shown(page, '#card-problem'), 'for the reason')
    show(page, server)
    take(page, server)
    page.click('#take')
    until(lambda: visible(page, '#consent'))
    server.call.there = False
    page.click('#agree')
    page.click('#share')
    until(lambda: 'no call here' in shown(page, '#card-problem'), 'for the refusal')
    server.call.there = True
    # The picture is still there, to be tried again.
    page.click('#agree')
    page.click('#share')
    until(lambda: bool(server.call.shared), 'for the picture')


# For everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(('width', 'theme'), [(1280, 'dark'), (360, 'light')])
def test_axe_finds_nothing_serious(page: Page, server: CallServer, width: int, theme: str) -> None:
    page.resize(width, 720, touch=width < 500)
    page.prefer(color_scheme=theme, reduced_motion='reduce')
    show(page, server)
    server.tell(progress=[1, 3], refusal='some reason', own_card={'face': True, 'bytes': 9})
    server.draft('Some words')
    until(lambda: bool(shown(page, '#notice')) and value(page) != '', 'for all of it')
    assert ask(page, 'document.documentElement.scrollWidth') <= width
    ask(page, AXE + '; 0')

    def sound(where: str) -> None:
        found = ask(page, 'axe.run().then(result => result.violations.map('
                          'each => [each.impact, each.id, each.nodes.map(node => node.html)]))')
        assert not [each for each in found if each[0] in ('serious', 'critical')], where

    sound('page')
    page.click('#hang-up')
    sound('leave')
    page.press('Escape')
    take(page, server)
    sound('camera')
    page.click('#take')
    until(lambda: visible(page, '#consent'))
    sound('consent')
    page.press('Escape')
    ask(page, "document.getElementById('more').click()")
    sound('details')


def test_the_keyboard_reaches_everything(page: Page, server: CallServer) -> None:
    server.draft('Some words')
    until(lambda: value(page) != '', 'for the line')
    ask(page, 'document.activeElement.blur()')
    reached = []
    for _ in range(16):
        page.press('Tab')
        reached.append(ask(page, 'document.activeElement.id || document.activeElement.tagName'))
        outline = ask(page, 'getComputedStyle(document.activeElement).outlineStyle')
        assert reached[-1] in ('BODY', 'HTML') or outline != 'none'
    for name in ('card-open', 'theme', 'more', 'TEXTAREA', 'talk', 'text', 'sound', 'hang-up'):
        assert name in reached


@pytest.mark.parametrize(('width', 'height'), [(360, 640), (844, 390)])
def test_no_text_breaks_a_small_screen(page: Page, server: CallServer, width: int, height: int
                                       ) -> None:
    page.resize(width, height, touch=True)
    long = 'Donaudampfschifffahrtsgesellschaft' * 12
    server.tell(name=long, voice=long, refusal=long, mode=long, progress=[1, 2])
    for start, text in enumerate((long, 'a ' * 500), 1):
        server.draft(text, start)
    until(lambda: ask(page, "document.querySelectorAll('.draft').length") == 2, 'for the lines')
    until(lambda: shown(page, '#notice') != '')
    assert ask(page, 'document.documentElement.scrollWidth') <= width
    assert ask(page, f"""[...document.querySelectorAll(
        '#dock > :not([hidden]), .top-end > *, .draft > button')].filter(element => {{
          const box = element.getBoundingClientRect();
          return element.checkVisibility() && (box.left < -1 || box.right > {width} + 1
            || box.top < -1 || box.bottom > {height} + 1);
        }}).map(element => element.id || element.ariaLabel)""") == []


def test_a_face_that_is_in_no_call_says_so(page: Page, server: CallServer) -> None:
    server.post({'type': 'call', 'there': False})
    until(lambda: shown(page, '#state-text') == 'No call', 'for the state')
    assert not visible(page, '#hang-up')
