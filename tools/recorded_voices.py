"""Voices made of recordings, with the times of their sounds: flite, Festival, Russian speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
import pathlib
import subprocess
import tempfile
import wave

import numpy as np
from training_voices import Spoken
from txt2vid_ros.core.mouth import Phoneme


def _table(pairs: str) -> dict[str, str]:
    """Return the sounds of a phone set in IPA, from pairs with a colon between."""
    return dict(pair.rsplit(':', 1) for pair in pairs.split())


_ENGLISH = _table(
    'aa:ɑ ae:æ ah:ʌ ao:ɔ aw:aʊ ax:ə axr:ɚ ay:aɪ b:b ch:tʃ d:d dh:ð dx:ɾ eh:ɛ el:l em:m en:n er:ɜ '
    'ey:eɪ f:f g:ɡ hh:h hv:h ih:ɪ iy:i jh:dʒ k:k l:l m:m n:n nx:ŋ ng:ŋ ow:oʊ oy:ɔɪ p:p r:ɹ s:s '
    'sh:ʃ t:t th:θ uh:ʊ uw:u v:v w:w y:j z:z zh:ʒ pau:_ ssil:_ sil:_ #:_')
_LETTERS = _table(
    'E:ɛ O:ɔ S:ʃ Z:ʒ dZ:dʒ tS:tʃ J:ɲ L:ʎ ng:ŋ nf:ɱ N:ŋ T:θ D:ð @:æ 7:ø &:ə c:ts c~:tʃ ch:x '
    'd~:ɟ dz~:dʒ n~:ɲ n*:ŋ r~:r r~*:r s~:ʃ t~:c z~:ʒ ax:ə rr:r g:ɡ pau:_ #:_ ##:_ _:_')
_RUSSIAN = _table(
    'pau:_ #:_ a:ɐ aa:a ae:ə ay:ɪ i:ɪ ii:i y:ɨ yy:ɨ e:ɛ ee:e oo:o u:ʊ uu:u ur:ʊ j:j b:b bb:b v:v '
    'vv:v g:ɡ gg:ɡ d:d dd:d zh:ʐ z:z zz:z k:k kk:k l:l ll:l m:m mm:m n:n nn:n p:p pp:p r:r rr:r '
    's:s ss:s t:t tt:t f:f ff:f h:x hh:x c:ts ch:tɕ sh:ʂ sch:ɕ')
_ENGLISH_VOICES = frozenset({'kal_diphone', 'ked_diphone', 'cmu_us_slt_arctic_hts'})


def _ipa(name: str, table: Mapping[str, str]) -> tuple[str, int]:
    """Return a sound of a phone set in IPA, and its stress."""
    stressed = 2 if name[-1:] == '1' else 0
    bare = name.rstrip('01')
    long = 'ː' if bare.endswith(':') and bare != ':' else ''
    return table.get(bare, table.get(bare.rstrip(':'), bare.rstrip(':'))) + long, stressed


def _phonemes(ends: Iterable[tuple[float, str]], table: Mapping[str, str]) -> list[Phoneme]:
    found, begun = [], 0.0
    for end, name in ends:
        symbol, stress = _ipa(name, table)
        found.append(Phoneme(symbol, begun, end - begun, stress))
        begun = end
    return found


class FliteVoice:
    """A voice of flite, such as slt; its segments end at the times that it prints."""

    def speak(self, text: str, voice: str, stretch: float) -> Spoken:
        """Return `text`; `stretch` above 1 is slower."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'said.wav'
            printed = subprocess.run(
                ['flite', '-voice', voice, '--setf', f'duration_stretch={stretch}', '-psdur',
                 '-t', text, '-o', str(file)], check=True, capture_output=True, text=True).stdout
            samples, rate = _read(file)
        pairs = [one.rsplit(':', 1) for one in printed.split()]
        return Spoken(samples, rate, _phonemes([(float(end), name) for name, end in pairs],
                                               _ENGLISH))


class FestivalVoice:
    """A voice of Festival, which says many texts at once, since it loads for half a second."""

    def speak(self, texts: Sequence[str], voice: str, stretch: float) -> Iterator[Spoken]:
        """Yield the texts; `stretch` above 1 is slower."""
        table = _ENGLISH if voice in _ENGLISH_VOICES else _LETTERS
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            lines = [f'(voice_{voice})', f"(Parameter.set 'Duration_Stretch {stretch})"]
            for index, text in enumerate(texts):
                said = text.replace('"', ' ')
                lines += [f'(set! u (Utterance Text "{said}"))', '(utt.synth u)',
                          f'(utt.save.wave u "{folder}/{index}.wav" \'riff)',
                          f'(utt.save.segs u "{folder}/{index}.segs")']
            (folder / 'say.scm').write_text('\n'.join(lines))
            subprocess.run(['festival', '-b', str(folder / 'say.scm')], check=False,
                           capture_output=True)
            for index in range(len(texts)):
                segments = folder / f'{index}.segs'
                if segments.exists():
                    samples, rate = _read(folder / f'{index}.wav')
                    yield Spoken(samples, rate, _phonemes(_labels(segments), table))


def russian_recordings(folder: pathlib.Path) -> Iterator[Spoken]:
    """Yield the recordings of Debian's festvox-ru, a man, with their labels."""
    for labels in sorted((folder / 'lab').glob('*.lab')):
        samples, rate = _read(folder / 'wav' / f'{labels.stem}.wav')
        yield Spoken(samples, rate, _phonemes(_labels(labels), _RUSSIAN))


def _read(file: pathlib.Path) -> tuple[np.ndarray, int]:
    """Return the samples of a file of 16 bits, mono, and their rate."""
    with wave.open(str(file)) as recording:
        data = recording.readframes(recording.getnframes())
        return np.frombuffer(data, '<i2').astype(np.float32) / 32768, recording.getframerate()


def _labels(file: pathlib.Path) -> Iterator[tuple[float, str]]:
    """Yield when each segment of a file of labels ends, and its name."""
    for line in file.read_text().split('#\n', 1)[1].splitlines():
        fields = line.split()
        if len(fields) == 3:
            yield float(fields[0]), fields[2]
