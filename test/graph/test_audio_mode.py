"""In audio mode viewers hear what was captured, and the lips move with it."""

from __future__ import annotations

import array
from collections.abc import Callable
from pathlib import Path
import time

from attempts import discarded
from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import Command, eventually, run, TalkingHead
import numpy as np
import pytest
from ros_observer import end_of, numbers, Observer
import soxr
from speech_clips import clip, RATE, write
from stream_decoding import Shown, transcribe
from txt2vid_ros.bench.commands.sync import figures
from txt2vid_ros.bench.lipsync.mouth_measurement import measure_openings
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import from_s16, VOICE_RATE
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.ros import messages, qos

ROOM = 0.003
"""The noise of a room, root mean square: -50 dB of full scale."""
CLAPS = 6


class Played:
    """What a viewer sees and hears of a sound file, and what its topics carried."""

    def __init__(self, head: TalkingHead, folder: Path,
                 begin: Callable[[Observer], Command]) -> None:
        """`begin` starts to play the file and returns the player."""
        for sign in ('ready to play', 'showing the face'):
            head.wait_line(sign)
        head.wait_status(lambda status: status['on_time'] > 0, 'a picture')
        viewer = Viewer(head.port, folder / 'seen.ts')
        eventually(lambda: viewer.arrivals, 'the stream')
        with Observer(head) as observer:
            self.audio = observer.record(AudioDataStamped, 'voice/audio')
            self.info = observer.record(AudioInfo, 'voice/audio_info', qos.INFO).wait()
            self.told = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
            player = begin(observer)
            player.wait_line('has been played to its end')
            zero = head.status()['pts_zero_ns']

            def seen() -> bool:
                """
                Return whether the viewer is past the end of an utterance that none followed.

                How many there are is left to the playout: it may shorten a pause to catch up.
                """
                if not self.audio.messages or len(self.audio.messages[-1].audio.data):
                    return False
                end = (messages.from_time(self.audio.messages[-1].header.stamp) - zero) / SECOND
                return viewer.arrivals[-1][1] > end + 1.0

            eventually(seen, 'the end')
            self.times = [(messages.from_time(each.header.stamp) - zero) / SECOND
                          for each in self.audio.messages]
            if player is not head:
                player.close()
        viewer.close()
        self.utterances = list(dict.fromkeys(
            each.header.frame_id for each in self.audio.messages))
        self.shown = Shown(folder / 'seen.ts')

    def heard(self) -> np.ndarray:
        """Return the sound of all utterances, and a little around it."""
        return self.shown.sound(self.times[0] - 0.3, self.times[-1] + 0.3)


@pytest.fixture(scope='module')
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, np.ndarray]:
    """Speech in a noisy room, on one machine; what is judged of it is judged afterwards."""
    folder = tmp_path_factory.mktemp('audio_mode')
    parts = [np.zeros(RATE, np.float32), clip('0930').sound(), np.zeros(RATE, np.float32),
             clip('something').sound(), np.zeros(RATE, np.float32)]
    sound = np.concatenate(parts)
    sound += ROOM * np.random.default_rng(3).standard_normal(len(sound)).astype(np.float32)
    file = write(folder / 'speech.wav', sound)
    # The file waits for a second listener: then everything is there to see it. What a machine that
    # is held up for long has lost is captured again.
    for attempt in range(3):
        with TalkingHead(folder, '--mode', 'audio', '--input', str(file), '--speaker', 'anna',
                         '--param', 'mic.wait_for=2') as head:
            def begin(observer: Observer, head: TalkingHead = head) -> Command:
                observer.record(AudioDataStamped, 'mic/audio', qos.CAPTURED)
                return head

            played = Played(head, folder, begin)
            assert head.stop() == 0
        heard = transcribe(played.heard())
        if attempt == 2 or heard == transcribe(sound, RATE):
            break
        discarded(attempt, 3, f'it heard {heard!r}')
    return played, sound


def test_the_viewer_hears_what_was_captured(spoken: tuple[Played, np.ndarray]) -> None:
    played, sound = spoken
    heard = played.heard()
    assert transcribe(heard) == transcribe(sound, RATE)
    assert transcribe(heard) == f'{clip("0930").text} {clip("something").text}'
    assert played.utterances
    assert {name.partition('#')[0] for name in played.utterances} == {'anna'}
    assert (played.info.channels, played.info.sample_rate) == (1, RATE)


def test_the_mouth_moves_with_the_sound_and_rests_in_noise(
        spoken: tuple[Played, np.ndarray]) -> None:
    played, _ = spoken
    openings = measure_openings(played.shown.frames, FaceMesh())
    assert not np.isnan(openings).any()
    times = played.shown.timing.frame_times
    start, stop = played.times[0], played.times[-1]
    about = (times > start - 0.5) & (times < stop + 0.5)
    # Both over the same fifth of a second: lips meet and part faster than loudness changes.
    loudness = np.array([np.mean(played.shown.sound(time - 0.1, time + 0.1) ** 2) ** 0.25
                         for time in times[about]])
    opened = np.convolve(openings, np.ones(5) / 5, 'same')[about]
    assert np.corrcoef(loudness, opened)[0, 1] >= 0.6
    silent = openings[(times < start - 0.2) | (times > stop + 0.4)]
    assert len(silent) > 20
    assert silent.max() < 0.06
    assert np.percentile(openings[about], 90) > 3 * np.median(silent)


def test_the_playout_tells_what_it_measures(spoken: tuple[Played, np.ndarray]) -> None:
    played, _ = spoken
    told = [numbers(status) for message in played.told.messages for status in message.status
            if status.name.endswith(': playout')]
    assert {'delay_ms', 'jitter_ms', 'drift_ppm', 'late', 'lost', 'concealed'} <= set(told[-1])
    assert told[-1]['utterances'] == len(played.utterances)
    # The delay of the last second in which something was played: a block of 32 ms at least.
    assert 32 < told[-1]['delay_ms'] < 560


def test_picture_and_sound_of_two_graphs_are_in_step(tmp_path: Path) -> None:
    """One graph sends, another shows, as on two machines of one ROS network."""
    voice = next(ClapVoice().synthesize('x', lambda: False)).samples
    claps = np.tile(soxr.resample(voice, VOICE_RATE, RATE), CLAPS)
    file = write(tmp_path / 'claps.wav', np.concatenate([np.zeros(RATE, np.float32), claps]))
    with TalkingHead(tmp_path, '--graph', 'receiver', '--mode', 'audio', '--engine', 'flash',
                     '--width', '160', '--height', '120') as head:
        head.wait_line(r'speak, on any machine of this ROS network: .*--graph sender --mode audio')
        # A flash lasts one frame, which a machine that is held up leaves out; the stream says so.
        for attempt in range(3):
            before = head.late_pictures()
            played = Played(head, tmp_path, lambda observer: Command(
                tmp_path, 'live', '--graph', 'sender', '--mode', 'audio', '--input', str(file),
                '--namespace', head.namespace, domain=head.domain))
            measured = figures(played.shown.timing)
            in_step = abs(measured['offset_ms_median']) <= 20
            if in_step and (measured['claps'], measured['claps_lost']) == (CLAPS, 0):
                break
            left_out = head.late_pictures() - before
            assert measured['claps_lost'] <= left_out and (in_step or left_out), measured
            discarded(attempt, 3, f'{left_out} pictures were late or left out')
        assert in_step and (measured['claps'], measured['claps_lost']) == (CLAPS, 0), measured
        assert head.stop() == 0


def test_another_programs_sound_with_another_clock_and_rate_is_played_in_step(
        tmp_path: Path) -> None:
    """A publisher of stereo float at 44.1 kHz whose clock is three hours behind."""
    rate, hertz, behind = 44100, 500, 3 * 3600 * SECOND
    wave = 0.3 * np.sin(2 * np.pi * hertz / rate * np.arange(3 * rate))
    stereo = np.repeat(wave[:, None], 2, 1).astype('<f4')
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/lone',
                 module='txt2vid_ros.nodes.playout') as playout, \
            Observer(playout, '/lone') as observer:  # type: ignore[arg-type]
        voice = observer.record(AudioDataStamped, 'voice/audio')
        told = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        observer.publisher(AudioInfo, 'mic/audio_info', qos.INFO).publish(
            AudioInfo(channels=2, sample_rate=rate, sample_format='F32LE'))
        sound = observer.publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        begin = time.time_ns()
        for at in range(0, len(stereo), 1024):
            message = AudioDataStamped()
            message.header.stamp = messages.to_time(begin - behind + at * SECOND // rate)
            message.audio.data = array.array('B', stereo[at:at + 1024].tobytes())
            # At its own pace, as a microphone would.
            time.sleep(max(0.0, begin / SECOND + (at + 1024) / rate - time.time()))
            sound.publish(message)
        end = end_of(voice)
    chunks = [each for each in voice.messages if len(each.audio.data)]
    assert {each.header.frame_id for each in voice.messages} == {end.header.frame_id}
    # Named by the sender's clock, stamped by the receiver's.
    named = int(end.header.frame_id.partition('#')[2])
    assert abs(named - (begin - behind)) < 0.1 * SECOND
    first = messages.from_time(chunks[0].header.stamp)
    assert 0 < (first - begin) / SECOND < 1.0
    figures_told = {key: value for message in told.messages
                    for status in message.status if status.name.endswith(': playout')
                    for key, value in numbers(status).items()}
    assert figures_told['utterances'] == 1
    assert (figures_told['lost'], figures_told['invalid']) == (0, 0)
    heard = np.concatenate([from_s16(each.audio.data) for each in chunks])
    spectrum = np.abs(np.fft.rfft(heard[RATE // 2:RATE // 2 + 2 * RATE] * np.hanning(2 * RATE)))
    assert np.argmax(spectrum) / 2 == pytest.approx(hertz, abs=1)


@pytest.mark.parametrize(('options', 'says'), [
    (('--mode', 'auto'), "mode: 'auto' is unknown. Use one of text, audio"),
    (('--mode', 'video'), "mode: 'video' is unknown. Use one of text, audio"),
    (('--mode', 'audio', '--say', 'Hello.'), '--say needs --mode text'),
    (('--mode', 'audio', '--param', 'playout.delay_min=0.6'), 'playout.delay_min is 0.6'),
])
def test_what_audio_mode_cannot_do_is_said_in_one_line(
        tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    status, text = run(tmp_path, 'live', '--http', '127.0.0.1:0', *options)
    assert status == 2
    assert len([line for line in text.splitlines() if says in line]) == 1
