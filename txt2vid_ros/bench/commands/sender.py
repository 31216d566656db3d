"""How accurately and how quickly speech becomes text, and the text becomes a voice again."""

from __future__ import annotations

import argparse
from pathlib import Path
import re
import tempfile
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.bench.rig.floor import endpoint_ms, over_floor, recognition_ms
from txt2vid_ros.bench.rig.running_graph import node_process, RunningGraph, usage
from txt2vid_ros.bench.speech.material import recordings, Spoken, synthesized
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE, to_s16
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.vad.silero import SileroActivity

GAP = 4.0
"""Seconds between two sentences, so that the voice repeating one does not delay the next."""
ABBREVIATIONS = {'mr': 'mister', 'mrs': 'missus', 'dr': 'doctor', 'st': 'saint'}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--wav', action='append', default=[], type=Path, metavar='FILE',
                        help='a recording; with --text for each, else sentences are synthesized')
    parser.add_argument('--text', action='append', default=[], metavar='TRANSCRIPT',
                        help='what is said in the recording before it')
    parser.add_argument('--turn-taking', choices=('words', 'silence'), default='words',
                        help='what ends an utterance (%(default)s)')
    parser.add_argument('--seconds', type=float, default=600.0,
                        help='stop after this time (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Play all recordings to the whole graph; return word errors, delays and processor time."""
    pieces = (recordings(arguments.wav, arguments.text) if arguments.wav or arguments.text
              else synthesized(SENTENCES[:6]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'speech.wav')
        spans = compose(pieces, file)
        heard = _listen(file, spans, arguments.seconds, arguments.turn_taking)
        return {**_figures(heard, pieces, spans),
                **_floor(heard[0], pieces, spans, arguments.turn_taking)}


def compose(pieces: list[Spoken], file: Path
            ) -> list[tuple[float, float, float]]:
    """
    Write all pieces into one file, with a pause after each.

    Return for each piece the seconds at which it begins, its speech ends, and the next begins.
    """
    import wave
    spans, at = [], 1.0
    parts: list[NDArray[np.float32]] = [np.zeros(SPEECH_RATE, np.float32)]
    for sound, _ in pieces:
        last = speech_end(sound)
        # The voice that repeats it needs about as long again.
        pause = GAP + len(sound) / SPEECH_RATE
        spans.append((at, at + last, at + len(sound) / SPEECH_RATE + pause))
        parts += [sound, np.zeros(int(pause * SPEECH_RATE), np.float32)]
        at = sum(len(part) for part in parts) / SPEECH_RATE
    with wave.open(str(file), 'wb') as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(SPEECH_RATE)
        opened.writeframes(to_s16(np.concatenate(parts)).tobytes())
    return spans


def speech_end(sound: NDArray[np.float32]) -> float:
    """Return when speech ends, in seconds: the last 10 ms within 30 dB of the loudest."""
    block = SPEECH_RATE // 100
    power = np.square(sound[:len(sound) // block * block].reshape(-1, block)).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 1e-3)
    return float((loud[-1] + 1) * block / SPEECH_RATE)


class _GraphRecording:
    """Notes what arrives on `heard`, and when voice is to be heard, against the file's time."""

    def __init__(self) -> None:
        self.begin: int | None = None
        """When the file's first sample was captured, nanoseconds."""
        self.finals: list[tuple[float, str, int]] = []
        """Arrival in seconds of the file, text, stamp."""
        self.voices: dict[int, float] = {}
        """Stamp of the speech: when its repetition is heard, seconds of the file."""

    def on_sound(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        if self.begin is None:
            self.begin = messages.from_time(message.header.stamp)

    def on_speech(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        if message.final and self.begin is not None:
            self.finals.append((self._file_time(time.time_ns()), message.final,
                                messages.from_time(message.header.stamp)))

    def on_voice(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        _, _, stamp = message.header.frame_id.rpartition('#')
        if len(message.audio.data) and stamp.isdecimal() and self.begin is not None:
            self.voices.setdefault(int(stamp), self._file_time(
                messages.from_time(message.header.stamp)))

    def _file_time(self, now: int) -> float:
        assert self.begin is not None
        return (now - self.begin) / SECOND


def _listen(file: Path, spans: list[tuple[float, float, float]], seconds: float,
            turn_taking: str) -> tuple[_GraphRecording, float]:
    """Run the whole graph on the file; return what came, and the cores that capture took."""
    from audio_common_msgs.msg import AudioDataStamped
    from hri_msgs.msg import LiveSpeech
    from txt2vid_ros.ros import qos
    from txt2vid_ros.ros.side.side_node import SideNode
    recording = _GraphRecording()
    # The file begins when the recognizer and we listen.
    options = ('--mic', 'true', '--input', str(file), '--param',
               'stt.mute_while_speaking=false', '--param', 'mic.wait_for=2', '--param',
               f'stt.turn_taking={turn_taking}')
    with RunningGraph(*options) as graph, SideNode('bench', graph.namespace) as side:
        for kind, topic, take, profile in (
                (AudioDataStamped, 'mic/audio', recording.on_sound, qos.CAPTURED),
                (LiveSpeech, 'heard', recording.on_speech, qos.SPEECH),
                (AudioDataStamped, 'voice/audio', recording.on_voice, qos.AUDIO)):
            side.node.create_subscription(kind, topic, take, profile)
        side.spin()
        mic = node_process(graph.pid, 'mic')
        end = time.monotonic() + min(seconds, spans[-1][2] + 60)
        began = used = 0.0
        while time.monotonic() < end:
            time.sleep(0.1)
            if recording.begin is not None and not began:
                began, used = time.monotonic(), usage([mic])[0]
            if began and time.monotonic() - began > spans[-1][2]:
                break
        capture = (usage([mic])[0] - used) / (time.monotonic() - began) if began else 0.0
        said = graph.log()[-2000:]
    if not recording.finals:
        raise UserError('nothing was written down', f'The graph said: {said}')
    return recording, capture


def _floor(recording: _GraphRecording, pieces: list[Spoken],
           spans: list[tuple[float, float, float]], turn_taking: str) -> dict[str, Any]:
    """Return the delay to `final` over the silence and the recognizer's own time, right after."""
    recognizer = MoonshineRecognizer()
    recognizer.load()
    alone = [recognition_ms(recognizer, sound[:round(speech_end(sound) * SPEECH_RATE)])
             for sound, _ in pieces]
    recognizer.close()
    return {'over_floor': over_floor(_delays(recording, spans), alone, endpoint_ms(turn_taking)),
            'recognizer_alone_ms': float(np.median(alone))}


def _of_piece(recording: _GraphRecording, span: tuple[float, float, float]
              ) -> list[tuple[float, str, int]]:
    """Return the final texts of one piece."""
    begin, _, following = span
    # Stamps are those of the first word, and belong to one place of the file.
    return [each for each in recording.finals
            if begin - 0.5 <= (each[2] - (recording.begin or 0)) / SECOND < following - 0.5]


def _delays(recording: _GraphRecording, spans: list[tuple[float, float, float]]) -> list[float]:
    """Return the milliseconds from the end of each piece's speech to its last final text."""
    return [(mine[-1][0] - span[1]) * 1000 for span in spans
            if (mine := _of_piece(recording, span))]


def _figures(heard: tuple[_GraphRecording, float], pieces: list[Spoken],
             spans: list[tuple[float, float, float]]) -> dict[str, Any]:
    recording, capture = heard
    errors = total = 0
    texts, voices = [], []
    finals = _delays(recording, spans)
    for (_, text), span in zip(pieces, spans, strict=True):
        mine, end = _of_piece(recording, span), span[1]
        said = ' '.join(said for _, said, _ in mine)
        texts.append({'said': text, 'heard': said})
        errors += distance(spoken_words(text), spoken_words(said))
        total += len(spoken_words(text))
        if mine:
            # Of the first part: the voice begins as soon as it has that.
            voice = recording.voices.get(mine[-1][2])
            if voice is not None and len(mine) == 1:
                voices.append((voice - end) * 1000)
    return {
        'wer': errors / max(total, 1), 'words': total, 'sentences': len(pieces),
        'end_of_speech_to_final_ms_p50': _percentile(finals, 50),
        'end_of_speech_to_final_ms_p95': _percentile(finals, 95),
        'end_of_speech_to_voice_ms_p50': _percentile(voices, 50),
        'capture_cores': capture,
        'voice_activity_cores': activity_cost(pieces[0][0]),
        'texts': {str(number): f"{each['said']} -> {each['heard']}"
                  for number, each in enumerate(texts)}}


def _percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share)) if values else float('nan')


def activity_cost(sound: NDArray[np.float32]) -> float:
    """Return the share of a core that voice activity takes in real time."""
    activity = SileroActivity()
    activity.load()
    size = activity.window
    begun = time.process_time()
    for at in range(0, len(sound) - size + 1, size):
        activity.probability(sound[at:at + size])
    return (time.process_time() - begun) / (len(sound) / SPEECH_RATE)


def spoken_words(text: str) -> list[str]:
    """Return the words of a text without case, punctuation and abbreviations."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace('’', "'"))
    return [ABBREVIATIONS.get(word, word) for word in words]


def distance(one: list[str], other: list[str]) -> int:
    """Return how many words are replaced, missing or too many (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, 1):
        before, row[0] = row[:], number
        for at, candidate in enumerate(other, 1):
            row[at] = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (word != candidate))
    return row[-1]
