"""Locales as they travel: a byte for each of the common ones, written out the others."""

from __future__ import annotations

from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, name

_TAGS = """
    en es fr de it pt hi ja zh ko ru ar nl pl tr uk sv da no nb nn fi cs sk hu ro bg hr sr sl el he
    fa ur bn ta te mr gu kn ml pa ne si th vi id ms tl sw am ca eu gl et lv lt is ga cy sq mk bs ka
    hy az kk uz mn km lo my af zu eo la yue
    en-US en-GB en-AU en-CA en-IN en-IE en-NZ en-ZA es-ES es-MX es-US es-AR es-CO es-CL es-419
    fr-FR fr-CA fr-CH fr-BE de-DE de-AT de-CH it-IT it-CH pt-BR pt-PT hi-IN ja-JP zh-CN zh-TW zh-HK
    zh-Hans zh-Hant yue-HK ko-KR ru-RU ar-EG ar-SA nl-NL nl-BE pl-PL tr-TR uk-UA sv-SE da-DK nb-NO
    fi-FI cs-CZ hu-HU ro-RO el-GR he-IL fa-IR bn-IN bn-BD ta-IN te-IN th-TH vi-VN id-ID
    """
_COMMON = ('', *_TAGS.split())
"""The tag of each number. Numbers travel: add at the end only."""
_NUMBERS = {tag: number for number, tag in enumerate(_COMMON, 1)}
_WRITTEN = 0
"""The number before a locale that is written out."""


def pack_locale(locale: str) -> bytes:
    """Return a locale as it travels; what has another spelling than the common one stays so."""
    number = _NUMBERS.get(locale)
    return bytes([_WRITTEN]) + name(locale) if number is None else bytes([number])


def read_locale(reader: BodyReader) -> str:
    """Return the next locale. Raises FrameError."""
    number = reader.byte()
    if number == _WRITTEN:
        return reader.text()
    if number > len(_COMMON):
        raise FrameError('a locale of no known number')
    return _COMMON[number - 1]
