"""
Addresses, names of files and other strings for machines, said so that they can be written down.

URLs (RFC 3986), e-mail addresses (RFC 5322), handles, hashtags, paths, file names, UUIDs
(RFC 9562) and hexadecimal numbers.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import cardinal, digits
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_MARKS = {'.': 'dot', '/': 'slash', '-': 'dash', '_': 'underscore', '@': 'at', ':': 'colon',
          '?': 'question mark', '=': 'equals', '&': 'and', '#': 'hash', '+': 'plus',
          '%': 'percent', '~': 'tilde', '\\': '', '*': 'star', ',': 'comma', ';': 'semicolon',
          '!': 'exclamation mark', '$': 'dollar', "'": ''}
_TOP_LEVEL = words_of(
    'com org net edu gov mil io dev app ai uk info biz xyz eu ch nl tech online cloud shop site '
    'tv fm jp cz dk pl ru se nz au ca br')
"""Of domains that are recognized by their last part alone."""
_WORD_DOMAINS = words_of('co us de fr es it be at me so in no is to ly ie cn fi blog store')
"""Last parts that are words: of a domain only with a path, or behind www."""
_EXTENSIONS = words_of(
    'txt md rst pdf docx? xlsx? csv tsv json ya?ml toml ini cfg xml html? css js ts py ipynb cpp '
    'hpp cc rs java rb php pl sh bat exe dll zip tar gz bz2 xz 7z png jpe?g gif webp svg bmp mp3 '
    'mp4 mkv avi mov wav flac ogg webm db3 mcap urdf xacro sdf stl dae msg srv iso deb rpm apk '
    'jar sql db onnx pth safetensors')
"""Each as a regular expression."""
_WORDLIKE_EXTENSIONS = words_of('c h go so log bag bin img dat lock launch action conf pt')
"""Of a file only where its name is no plain word."""
_DOMAIN = rf'(?:[\w-]+\.)+(?:{alternatives(_TOP_LEVEL)})'
_SPELLED = frozenset(words_of(
    'py js ts md rb rs cpp hpp html htm css csv tsv pdf xml xls xlsx mkv mp4 mp3 png jpg gif svg '
    'bmp www ros rclpy rclcpp url http https ftp ssh usr'))
"""Said letter by letter."""
_NO_VOWEL = re.compile(r'[b-df-hj-np-tv-xz]{2,}', re.IGNORECASE)


def spoken(text: str) -> str:
    """Return an address in words: letters in words where they can be, marks by their names."""
    parts = re.findall(r'[^\W\d_]+|\d+|.', text)
    return ' '.join(filter(None, (_part(part) for part in parts)))


def _part(part: str) -> str:
    if part.isdigit():
        return digits(part) if (part[0] == '0' and len(part) > 1) or len(part) > 4 else cardinal(
            int(part))
    if part.isalpha():
        # Where there are two words written as one, their capitals tell.
        return ' '.join(map(_word, re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', part).split()))
    return _MARKS.get(part, '')


def _word(word: str) -> str:
    is_spelled = word.lower() in _SPELLED or _NO_VOWEL.fullmatch(word)
    return ' '.join(word.upper()) if is_spelled and 1 < len(word) <= 5 else word


def _url(match: re.Match[str]) -> str:
    text, closing = _without_closing(match[0])
    text = re.sub(r'^(?:https?|ftp)://(?:www\.)?|^mailto:', '', text)
    query = text.find('?')
    if query >= 0:
        text = text[:query]  # what follows is for a machine
    return spoken(text.rstrip('/')) + closing


def _without_closing(text: str) -> tuple[str, str]:
    """Divide an address from the marks that close the sentence around it."""
    kept = text.rstrip('.,;:!?\'")]}')
    if text[len(kept):].startswith(')') and '(' in kept:
        kept += ')'
    return kept, text[len(kept):]


def _address(match: re.Match[str]) -> str:
    return spoken(match[0])


def _tag(match: re.Match[str]) -> str:
    return f'{"hashtag" if match[1] == "#" else "at"} {_words_of(match[2])}'


def _words_of(name: str) -> str:
    """Return the words that a name without spaces is made of."""
    name = re.sub(r'(?<=[a-z])(?=[A-Z])|[_-]+', ' ', name)
    return re.sub(r'(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])', ' ', name)


def _identifier(match: re.Match[str]) -> str:
    return _words_of(match[0])


def _characters(match: re.Match[str]) -> str:
    """Spell: letters as capitals, digits in words, with a pause at each hyphen."""
    return ', '.join(' '.join(digits(char) if char.isdigit() else char.upper() for char in group)
                     for group in re.findall(r'[^\W_]+', match[0]))


def _random(match: re.Match[str]) -> str:
    """Spell what looks like Base64 or a hash; leave what looks like words."""
    text = match[0]
    changes = len(re.findall(r'(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[A-Za-z])|(?<=[A-Z])(?=\d)', text))
    return _characters(match) if changes >= len(text) / 6 else text


def _hex(char: str) -> str:
    return digits(char) if char.isdigit() else char.upper()


ELECTRONIC: tuple[Rule, ...] = (
    # UUIDs.
    rule(r'\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b',
         _characters),
    rule(r'(?:https?|ftp)://[^\s<>"]+', _url),
    rule(r'(?:mailto:)?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b', _url),
    rule(rf'(?<![\w.@/])(?:www\.[\w-]+(?:\.[\w-]+)+|{_DOMAIN})(?::\d+)?(?:/[^\s<>"]*)?(?![\w@])',
         _url),
    rule(rf'(?<![\w.@/])[\w-]+(?:\.[\w-]+)*\.(?:{"|".join(_WORD_DOMAINS)})/[^\s<>"]*', _url),
    # Paths of Windows, then of Linux: C:\Users\me, ~/notes, /usr/share.
    rule(r'(?<![\w.])(?:[A-Za-z]:)(?:\\[^\s\\:*?"<>|]+)+\\?', _address),
    rule(r'(?<![^\s("\'\[])~?(?:/(?=[\w.+-]*[A-Za-z])[\w.+-]*[\w+-])+/?'
         r'(?=[\s,;:!?)\'".]|$)(?!\s*\d)', _address),
    # Names of files: ./src/main.cpp, then those with an ending that is a word, too: run_1.log.
    rule(rf'(?<![\w.@/])(?:\.{{1,2}}/)?(?:[\w-]+/)*[\w-]+'
         rf'(?:\.(?:{"|".join(_EXTENSIONS)}))+(?![\w/])', _address),
    rule(rf'(?<![\w.@/])(?:[\w-]+/)*(?=[\w-]*[_\d-]|main\.|lib\w+\.|test\w*\.)[\w-]+\.'
         rf'(?:{"|".join(_WORDLIKE_EXTENSIONS)})(?![\w/])', _address),
    # A space was left out behind a sentence.
    rule(r'(?<=[a-z]{2})\.(?=[a-z]{2,}\b(?!\.))', '. '),
    rule(r'(?<!\S)\.(?=[a-z]{1,5}\b)', 'dot '),  # "a .txt file"
    rule(r'(?<![\w.])(\d+\.\d+\.\d+\.\d+|localhost):(?=\d)', r'\1 port '),
    # MAC addresses (IEEE 802).
    rule(r'\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b', _characters),
    rule(r'(?<![\w@.])(@)([A-Za-z_]\w*)', _tag),
    # Colors: #ff8800.
    rule(r'(?<![\w&])#(?=(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b)(?=\w*[a-fA-F]\w*)([0-9a-fA-F]+)\b',
         lambda match: f'hash {" ".join(_hex(char) for char in match[1])}'),
    rule(r'(?<![\w&])(#)([^\W\d]\w*)', _tag),
    rule(r'\b0[xX]([0-9a-fA-F]+)\b',
         lambda match: f'zero X {" ".join(_hex(char) for char in match[1])}'),
    # Hashes and Base64 (RFC 4648).
    rule(r'(?<![\w+/=])(?=[A-Za-z+/]*\d)(?=[\dA-Z+/]*[a-z])[A-Za-z\d+/]{16,}={0,2}(?![\w+/=])',
         _random),
    # Names in programs: camelCase, snake_case.
    rule(r'(?<!\d )(?<!\d)\b[a-z]{2,}(?:[A-Z][a-z]+)+\b|\b[^\W_]+(?:_[^\W_]+)+\b', _identifier),
)
"""Rules in their order."""
