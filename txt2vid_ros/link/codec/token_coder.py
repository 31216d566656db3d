"""Codes a text token by token, in the same order whether it is written or read."""

from __future__ import annotations

from txt2vid_ros.link.codec import spelling
from txt2vid_ros.link.codec.context import TextContext
from txt2vid_ros.link.codec.languages import LanguageModels
from txt2vid_ros.link.codec.letters import CharacterCoder, WordSpeller
from txt2vid_ros.link.codec.mixture import Mixture, RecentWords
from txt2vid_ros.link.codec.model import END, LanguageModel, RARE_CHARACTER, RARE_WORD
from txt2vid_ros.link.codec.scripts import lower, upper
from txt2vid_ros.link.codec.symbols import CodecError, SymbolCoder
from txt2vid_ros.link.codec.tokens import Case, is_word, Token, TokenType, with_case

_BORROWED = ([31, 1], [1, 3])
"""Weights of a word that is spelled and of one from the other language, after one of either."""


class TokenCoder:
    """Goes through a text token by token."""

    def __init__(self, models: LanguageModels, context: TextContext, language: str,
                 coder: SymbolCoder) -> None:
        """Write or read with `coder` a text in `language` that follows `context`."""
        self._model = models.get(language)
        self.tokenizer = self._model.tokenizer
        self._other = _other_model(models, context, language)
        self._coder = coder
        self._recent = RecentWords(self._model, context.keys)
        self._characters = CharacterCoder(coder)
        self._speller = WordSpeller(self._model, coder, self._characters)
        self._borrowed = 0
        self._first = self._second = END
        self._before = self._place = TokenType.START
        self._style = context.style

    def end(self) -> None:
        """Write the end of the text."""
        self._coder.token(END, self._mixture())

    def token(self, token: Token | None) -> Token | None:
        """
        Write `token`, or read one where it is None; return it, or None at the text's end.

        Raises CodecError.
        """
        key = self._key(token.key if token else None)
        if key is None:
            return None
        self._first, self._second = self._second, self._recent.number(key) or END
        found = token or Token(key, key, False, Case.LOWER)
        spaced = self._space(found)
        case, surface = self._letter_case(key, found) if is_word(key) else (Case.LOWER, key)
        found = Token(key, surface, spaced, case)
        self._before = found.token_type
        self._place = spelling.place(self._place, self._before)
        return found

    def _mixture(self) -> Mixture:
        return Mixture(self._model, self._first, self._second, self._recent)

    def _key(self, key: str | None) -> str | None:
        number = END
        if key is not None:
            rare = RARE_WORD if is_word(key) else RARE_CHARACTER
            found = self._recent.number(key)
            number = rare if found is None else found
        number = self._coder.token(number, self._mixture())
        if number == END:
            return None
        if number == RARE_WORD:
            key = self._rare_word(key)
        elif number == RARE_CHARACTER:
            key = self._characters.code(key)
        else:
            key = self._recent.key(number)
        self._recent.add(key)
        return key

    def _rare_word(self, word: str | None) -> str:
        other = self._other
        if other is None:
            return self._speller.code(word)
        number = other.numbers.get(word or '', RARE_WORD)
        borrowed = int(number != RARE_WORD)
        borrowed = self._coder.choice(borrowed, _BORROWED[self._borrowed])
        self._borrowed = borrowed
        if not borrowed:
            return self._speller.code(word)
        found = other.words[self._coder.running(number, other.sums)]
        if not is_word(found):
            raise CodecError('not a word')
        return found

    def _space(self, token: Token) -> bool:
        column = spelling.space_column(token, self._model.numbers)
        weight = int(self._model.spaces[self._before, column])
        return bool(self._coder.choice(int(token.spaced), [1024 - weight, weight]))

    def _letter_case(self, key: str, token: Token) -> tuple[Case, str]:
        number = self._model.numbers.get(key, RARE_WORD)
        where = spelling.position(self._place)
        weights = self._model.cases[self._model.capital_class[number], where, self._style]
        case = Case(self._coder.choice(token.case, weights.tolist()))
        self._style = spelling.next_style(self._style, where, case)
        if case is not Case.MIXED:
            return case, with_case(key, case)
        letters = token.surface if token.surface else key
        up = [self._coder.number(int(letter != lower(letter)), 2) for letter in letters]
        return case, ''.join(upper(letter) if high else letter
                             for letter, high in zip(key, up, strict=True))


def _other_model(models: LanguageModels, context: TextContext,
                 language: str) -> LanguageModel | None:
    """Return the model that words of another language are taken from."""
    before = context.language if context.language != language else context.other
    other = models.second(language, before)
    return models.get(other) if other else None
