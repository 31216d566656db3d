"""Spanish, French, Hindi, Italian and Portuguese: eSpeak NG as a process apart (GPL-3)."""

from __future__ import annotations

import re
import shutil
import subprocess

from txt2vid_ros.core.errors import ProviderError, UserError

PROGRAM = 'espeak-ng'
PROCESS_TIMEOUT = 20.0
"""Seconds for a clause, which usually takes some hundredths of a second."""
_MARKS = re.compile(r'\s*([,.;:!?…—“”"()।]+)\s*')
_STOPS = {'।': '.'}
_LEFT_OUT = re.compile(r'[¿¡\[\]{}<>|*]+')
_FOREIGN = re.compile(r'\([a-z]{2,3}(?:-[a-z0-9]+)*\)')
"""It says by this that what follows is read as another language."""
_LIGATURES = (('a^ɪ', 'I'), ('a^ʊ', 'W'), ('d^z', 'ʣ'), ('d^ʒ', 'ʤ'), ('e^ɪ', 'A'), ('o^ʊ', 'O'),
              ('ə^ʊ', 'Q'), ('t^s', 'ʦ'), ('t^ʃ', 'ʧ'), ('ɔ^ɪ', 'Y'), ('^', ''), ('-', ''),
              ('_', ''))
"""How its pairs of sounds are written in the network's alphabet."""


class EspeakPhonemes:
    """Clauses to phonemes; words keep their punctuation, which the program leaves out."""

    def __init__(self, voice: str) -> None:
        """Take the voice as the program calls it. Raises UserError where there is no program."""
        self._voice = voice
        if shutil.which(PROGRAM) is None:
            raise UserError(f'kokoro needs the program {PROGRAM} to pronounce {voice}, and it is '
                            'not there', f'Run: apt-get install {PROGRAM}')

    def __call__(self, clause: str) -> str:
        """Return the phonemes of normalized text. Raises ProviderError where the program fails."""
        parts = _MARKS.split(_LEFT_OUT.sub(' ', clause).strip())
        texts = [text for text in parts[::2] if text]
        # A line with nothing below it is read to its end, and answered by a line.
        said = self._lines('\n\n'.join(texts)) if texts else []
        if len(said) != len(texts):
            said = [' '.join(self._lines(text)) for text in texts]
        lines = iter(said)
        found = ''
        for text, marks in zip(parts[::2], [*parts[1::2], ''], strict=True):
            found += (next(lines) if text else '') + _STOPS.get(marks, marks) + ' ' * bool(marks)
        return found.strip()

    def _lines(self, text: str) -> list[str]:
        try:
            done = subprocess.run(
                [PROGRAM, '-q', '--ipa', '--tie=^', '-b', '1', '-v', self._voice, '--stdin'],
                input=text.encode(), capture_output=True, timeout=PROCESS_TIMEOUT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProviderError(f'{PROGRAM}: {type(error).__name__}', retriable=True) from error
        if done.returncode != 0:
            raise ProviderError(f'{PROGRAM} ended with status {done.returncode}', retriable=True)
        spelled = _FOREIGN.sub('', done.stdout.decode('utf-8', 'replace'))
        for pair, symbol in _LIGATURES:
            spelled = spelled.replace(pair, symbol)
        return [line for line in (' '.join(line.split()) for line in spelled.splitlines()) if line]
