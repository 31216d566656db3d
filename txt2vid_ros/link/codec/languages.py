"""The languages that texts are coded in: a model each, loaded when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
import functools
import hashlib
import pathlib
import re

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import language_of
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.model import LanguageModel

ENGLISH = 'en'
CODES = (ENGLISH, 'es', 'fr', 'it', 'pt', 'de', 'hi', 'zh', 'ja')
"""ISO 639-1, in the order of the numbers that travel: add at the end only."""

FORMAT = b'2'
"""Of coded texts: a change of the coder that changes its bytes changes this."""

DATA = model.ENGLISH.parent
_SCRIPTS = {'ja': re.compile('[\u3041-\u30ff]'), 'zh': re.compile('[\u4e00-\u9fff]'),
            'hi': re.compile('[\u0900-\u097f]')}
"""Scripts that tell the language, the first that is found."""


class LanguageModels:
    """The models that both ends have."""

    def __init__(self, files: Mapping[str, pathlib.Path]) -> None:
        """Take the file of each language; none is read before it is needed."""
        self._files = dict(files)

    @functools.cached_property
    def digest(self) -> bytes:
        """sha256 of all that a coded text depends on: the ends need the same."""
        total = hashlib.sha256(FORMAT)
        for language in CODES:
            if language in self._files:
                total.update(language.encode() + _digest(self._files[language]))
        return total.digest()

    def __contains__(self, language: str) -> bool:
        """Return whether there is a model of this language."""
        return language in self._files

    def get(self, language: str) -> LanguageModel:
        """Return a model. Raises UserError where its file cannot be read."""
        return model.load(self._files[language])

    def candidates(self, text: str, locale: str, default: str) -> list[str]:
        """Return the languages that `text` may be coded in, `default` first and each once."""
        found = [default, language_of(locale)]
        found += [code for code, script in _SCRIPTS.items() if script.search(text)][:1]
        return [code for code in dict.fromkeys(found) if code in self._files]

    def second(self, language: str, before: str) -> str:
        """Return what goes with `language`: the one `before`, or English; '' for none."""
        found = before or (ENGLISH if language != ENGLISH else '')
        return found if found != language and found in self._files else ''


def _digest(path: pathlib.Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise UserError(f'the text model {path} cannot be read: {error}',
                        'Install the package again') from error


@functools.cache
def shipped() -> LanguageModels:
    """Return the models that the package has."""
    files = {ENGLISH: model.ENGLISH}
    files |= {code: DATA / f'{code}.model' for code in CODES[1:]
              if (DATA / f'{code}.model').exists()}
    return LanguageModels(files)
