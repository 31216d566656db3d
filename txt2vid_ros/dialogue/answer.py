"""An answer as it was given to the voice, and how much of it has been heard."""

from __future__ import annotations

import dataclasses
import re
import unicodedata

from txt2vid_ros.core.locales import joined
from txt2vid_ros.speaking.normalization.front_end import normalize

CUT = '—'
"""What ends the caption of an utterance that was interrupted, and its text in the history."""
_NOTE = re.compile(r'\s*\[[^\[\]]* not said\]$')


@dataclasses.dataclass
class _Piece:
    text: str
    locale: str
    spoken: tuple[str, ...]
    """How a caption of it may be written, letters and digits only."""
    heard: str = ''
    whole: bool = False


class Answer:
    """
    The pieces of one answer, each of which the voice speaks as an utterance of its own, in order.

    Captions tell how far they were heard. Those of other texts are known by their words.
    """

    def __init__(self) -> None:
        """Begin with no piece."""
        self._pieces: list[_Piece] = []
        self._at = 0
        """The piece that is heard, or is heard next."""
        self.cut = False
        """Whether a piece of it was interrupted."""

    @property
    def begun(self) -> bool:
        """Return whether any piece was given to the voice."""
        return bool(self._pieces)

    @property
    def pending(self) -> bool:
        """Return whether any of it is still to be heard, as far as is known."""
        return not self.cut and self._at < len(self._pieces)

    def add(self, text: str, locale: str = '') -> None:
        """
        Note a piece that goes to the voice, in the language `locale` (BCP 47; '': English).

        A voice that does not speak it may read it as English.
        """
        said = (normalize(text, (each,), locale=each).text for each in {locale or 'en', 'en'})
        self._pieces.append(_Piece(text, locale, (*map(_letters, said), _letters(text))))

    def caption(self, text: str, *, final: bool) -> None:
        """Learn from a caption what is being heard, or with a `final` one, has been."""
        shown = _NOTE.sub('', text).strip()
        interrupted = final and shown.endswith(CUT)
        shown = shown.rstrip(f'{CUT} ')
        letters = _letters(shown)
        if interrupted and not letters and self.pending:
            # Silenced within its first word.
            self.cut = True
        for at in range(self._at, len(self._pieces)):
            piece = self._pieces[at]
            if letters and any(each.startswith(letters) for each in piece.spoken):
                # The voice speaks them in order: what came before was heard.
                for before in self._pieces[self._at:at]:
                    before.whole = True
                self._at = at + (final and not interrupted)
                piece.heard, piece.whole = shown, final and not interrupted
                self.cut = self.cut or interrupted
                return

    def heard(self) -> str:
        """Return what of it was heard."""
        said = ''
        for piece in self._pieces:
            if not piece.whole:
                return joined((said, piece.heard and f'{piece.heard} {CUT}'), piece.locale)
            said = joined((said, piece.text), piece.locale)
        return said


def _letters(text: str) -> str:
    # With the vowel signs of Indian scripts, which are marks.
    return ''.join(char for char in text.casefold() if unicodedata.category(char)[0] in 'LMN')
