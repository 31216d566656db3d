"""The voice of eSpeak NG, a program of the system: robotic, small, about a hundred languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
import difflib
import shutil
import subprocess

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import from_s16
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

PROGRAM = 'espeak-ng'
SAMPLE_RATE = 22050
"""Hz of its samples."""
WORDS_PER_MINUTE = 175
"""At its own pace; it takes 80 to 450."""
PROCESS_TIMEOUT = 20.0
"""Seconds for a clause, which usually takes some hundredths of a second."""


class EspeakVoice(TextToSpeech):
    """One chunk a clause, each made by a process of its own, so that nothing of it can remain."""

    name = 'espeak'
    limits = LOCAL

    def __init__(self, voice: str = '', speed: float = 1.0) -> None:
        """Take a voice as `espeak-ng --voices` has it, also with a variant (en-us+f3)."""
        self._voice = voice or 'en-us'
        self._words_per_minute = min(max(round(WORDS_PER_MINUTE * speed), 80), 450)

    @classmethod
    def language_voices(cls) -> Mapping[str, str]:
        """Return its voices, which are called by their languages; none without the program."""
        try:
            return {name: name for name in cls._names()}
        except (OSError, subprocess.TimeoutExpired):
            return {}

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what it can do."""
        return VoiceCapabilities(SAMPLE_RATE, languages=(self._voice.partition('+')[0],))

    def load(self) -> None:
        """Look for the program and the voice."""
        if shutil.which(PROGRAM) is None:
            raise UserError(f'the voice espeak needs the program {PROGRAM}, which is not there',
                            f'Run: apt-get install {PROGRAM}')
        if self._run('a').returncode != 0:
            names = self._names()
            near = difflib.get_close_matches(self._voice, names, n=3)
            raise UserError(f'tts.voice: espeak has no voice {self._voice!r}',
                            f'Near: {", ".join(near)}.' if near
                            else f'`{PROGRAM} --voices` lists them.')

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause as one chunk."""
        if cancelled():
            return
        done = self._run(clause)
        _, found, sound = done.stdout.partition(b'data')
        if done.returncode != 0 or not found:
            raise ProviderError(f'{PROGRAM} ended with status {done.returncode}', retriable=True)
        # "data" is followed by a length of 4 bytes, which it does not know when it writes it.
        chunk = trim_silence(from_s16(sound[4:]), None, SAMPLE_RATE)
        if chunk is not None:
            yield chunk

    def _run(self, text: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [PROGRAM, '--stdin', '--stdout', '-b', '1', '-v', self._voice,
                 '-s', str(self._words_per_minute)], input=text.encode(), capture_output=True,
                timeout=PROCESS_TIMEOUT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProviderError(f'{PROGRAM}: {type(error).__name__}', retriable=True) from error

    @staticmethod
    def _names() -> list[str]:
        """Return the voices' names for their languages."""
        listed = subprocess.run([PROGRAM, '--voices'], capture_output=True, text=True,
                                timeout=PROCESS_TIMEOUT, check=False).stdout.splitlines()[1:]
        return [words[1] for words in map(str.split, listed) if len(words) > 1]
