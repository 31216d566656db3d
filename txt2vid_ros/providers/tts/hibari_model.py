"""The networks of hibari-tts: which file a voice needs, and one loaded copy for all its shapes."""

from __future__ import annotations

from pathlib import Path
import threading
from typing import ClassVar
import weakref

from hibari import Hibari
from hibari.voices import cache_dir, voice_path, VOICES
import numpy as np
from numpy.typing import NDArray
import onnxruntime
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.core.models.verified import unverified_reason
from txt2vid_ros.providers.tts.hibari_words import WordPhonemes
from txt2vid_ros.providers.tts.onnx_output import with_output
from txt2vid_ros.providers.tts.spectral_shaping import Spectra, stretched, usual_pitch

DURATIONS = '/Clip_output_0'
"""The graph's inner tensor that holds the frames of each phoneme id."""
WARM_UP = 'The north wind and the sun were arguing about which was the stronger.'
"""Said once at loading: the first call takes ten times as long, and it tells the usual pitch. Its
beginning is from "The North Wind and the Sun", the text by which the IPA shows a language."""
PACES = ((0.35, 0.34), (0.5, 0.5), (0.6, 0.606), (0.7, 0.71), (0.8, 0.803), (0.85, 0.897),
         (0.9, 0.951), (1.0, 1.0), (1.1, 1.036), (1.2, 1.1), (1.3, 1.158), (1.4, 1.501),
         (1.5, 1.553), (1.75, 1.66), (2.0, 1.793), (2.5, 2.0), (3.0, 2.1))
"""Speeds that the network is given, and by what factor it then speaks faster: it rounds the length
of a sound before and after it divides by them. Means over 27 sentences."""
FASTEST, SLOWEST = 2.5, 0.34
"""Factors of pace beyond which nothing can be understood."""


class HibariModel:
    """A network with its lexicon. What is loaded does not change; use it from any thread."""

    _loaded: ClassVar[weakref.WeakValueDictionary[str, HibariModel]] = (
        weakref.WeakValueDictionary())
    _loading: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def of(cls, voice: str) -> HibariModel:
        """
        Return the network of one of hibari's own voices, loaded if nobody uses it already.

        It and its lexicon take 100 MB, which all voices that are shaped of it share. Raises
        UserError for a voice that there is not, or whose file is missing.
        """
        with cls._loading:
            model = cls._loaded.get(voice)
            if model is None:
                model = cls._loaded[voice] = cls(voice, model_file(voice))
            return model

    def __init__(self, voice: str, file: Path) -> None:
        """Load the network and warm it up. Raises UserError."""
        errors = onnxruntime.capi.onnxruntime_pybind11_state
        try:
            session = _session(file)
            self._hibari = Hibari(voice=voice, model=str(file), g2p=WordPhonemes(
                british=VOICES[voice]['british']))
        except (OSError, RuntimeError, ValueError, errors.Fail, errors.InvalidGraph,
                errors.InvalidProtobuf, errors.InvalidArgument, errors.NoSuchFile) as error:
            raise UserError(f'tts.voice: {file} cannot be used: {error}',
                            'Download it again, or use voice "heart", which is built in.'
                            ) from error
        self._hibari.sess = session
        self._outputs = [output.name for output in self._hibari.sess.get_outputs()]
        self._symbols = {number: symbol for symbol, number in self._hibari.vocab.items()}
        self._words = threading.Lock()
        spectra, _, _ = self.predict(self.phonemize(WARM_UP)[0], 1.0)
        self.pitch = usual_pitch(spectra.f0)
        """Hz, the median."""
        self.bins = len(spectra.harmonics)

    def phonemize(self, clause: str) -> list[str]:
        """Return runs of phonemes that the network takes at once, as misaki writes them."""
        with self._words:
            runs: list[str] = self._hibari.phonemize(clause)
        return [run for run in runs if len(self._hibari.ids(run)) >= 3]

    def predict(self, phonemes: str, pace: float
                ) -> tuple[Spectra, str, NDArray[np.float32]]:
        """
        Return the spectra of a run, its symbols, and the frames that each symbol takes.

        `pace` is a factor of the voice's own; frames of symbols are not whole numbers beside 1.0.
        """
        pace = min(max(pace, SLOWEST), FASTEST)
        speed, reached = min(PACES, key=lambda each: abs(np.log(each[1] / pace)))
        ids = self._hibari.ids(phonemes)
        values = self._hibari.sess.run(
            [*self._outputs[:6], DURATIONS],
            {'ids': np.asarray([ids], np.int64),
             'speed': np.asarray([speed], np.float32)})
        symbols = ''.join(self._symbols.get(number, '_') for number in ids)
        spectra, frames = Spectra(*(value[0] for value in values[:6])), values[6].ravel()
        if pace != reached:
            given = len(spectra.f0)
            spectra = stretched(spectra, reached / pace)
            frames = frames * np.float32(len(spectra.f0) / given)
        return spectra, symbols, frames


def model_file(voice: str) -> Path:
    """
    Return the file of one of hibari's own voices; nothing is downloaded.

    It is looked for in hibari's package, in the folder of the models, and where hibari keeps its
    own downloads. Raises UserError, which says the name of the file that is missing.
    """
    own = VOICES[voice]
    if own.get('bundled'):
        return Path(voice_path(voice))
    places: list[Path] = [models_dir(), Path(cache_dir())]
    for folder in places:
        file = folder / str(own['file'])
        if file.is_file():
            reason = unverified_reason(file)
            if reason is not None:
                raise UserError(f'tts.voice: the file of voice {voice!r} is not as published: '
                                f'{reason}', f'Run: txt2vid models fetch {file.name}')
            return file
    raise UserError(
        f'tts.voice: voice {voice!r} needs the file {own["file"]}, which is neither in '
        f'{places[0]} nor in {places[1]}',
        f'Run: txt2vid models fetch {own["file"]} ({own["bytes"] / 1e6:.0f} MB)')


def _session(file: Path) -> onnxruntime.InferenceSession:
    """Return the network on one thread, with the frames of each symbol as a further output."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(with_output(file.read_bytes(), DURATIONS), options,
                                        providers=['CPUExecutionProvider'])
