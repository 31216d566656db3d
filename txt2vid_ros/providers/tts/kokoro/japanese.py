"""Japanese: the readings of pyopenjtalk-plus, mora by mora in the network's alphabet."""

from __future__ import annotations

from collections.abc import Iterator
import re

import pyopenjtalk

_TABLE = (
    'アa イi ウɯ エe オo カka キkʲi クkɯ ケke コko ガɡa ギɡʲi グɡɯ ゲɡe ゴɡo サsa シɕi '
    'スsɨ セse ソso ザʣa ジʥi ズzɨ ゼʣe ゾʣo タta チʨi ツʦɨ テte トto ダda ヂʥi ヅzɨ デde '
    'ドdo ナna ニɲi ヌnɯ ネne ノno ハha ヒçi フɸɯ ヘhe ホho バba ビbʲi ブbɯ ベbe ボbo '
    'パpa ピpʲi プpɯ ペpe ポpo マma ミmʲi ムmɯ メme モmo ヤja ユjɯ ヨjo ラɾa リɾʲi ルɾɯ '
    'レɾe ロɾo ワβa ヰi ヱe ヲo ヴvɯ ヵka ヶke ッʔ ーː ァa ィi ゥɯ ェe ォo ャja ュjɯ ョjo '
    'ヮβa')
_KANA = {entry[0]: entry[1:] for entry in _TABLE.split()}
"""The sounds of a letter of katakana."""
_SMALL = {'ァ': 'a', 'ィ': 'i', 'ゥ': 'ɯ', 'ェ': 'e', 'ォ': 'o', 'ャ': 'a', 'ュ': 'ɨ', 'ョ': 'o',
          'ヮ': 'a'}
_PALATAL = tuple('ʲɕʥʨɲçj')
_STOPS = {'、': ',', '。': '.', '？': '?', '！': '!', '，': ',', '．': '.', '：': ':', '；': ';',
          '…': '…', '―': '—', '「': '“', '」': '”', '『': '“', '』': '”'}
_NASALS = ((re.compile('ɴ(?= ?[mpb])'), 'm'), (re.compile('ɴ(?= ?[kɡ])'), 'ŋ'),
           (re.compile('ɴ(?= ?[ntdɾzʣʦʨʥɲ])'), 'n'))
"""What becomes of ン before other sounds."""


class JapanesePhonemes:
    """Clauses to phonemes, with a space between accent phrases."""

    def __init__(self) -> None:
        """Load the dictionary, which the first call would have to wait for."""
        pyopenjtalk.run_frontend('あ')

    def __call__(self, clause: str) -> str:
        """Return the phonemes of a text in any Japanese writing."""
        found = ''
        for word in pyopenjtalk.run_frontend(clause):
            # The end of a voiceless vowel is marked; a mark is no mora.
            moras = ''.join(_moras(word['pron'].replace('’', '')))
            if word['mora_size'] == 0:
                mark = ''.join(_STOPS.get(char, '') for char in word['string'])
                found += mark + ' ' * bool(mark)
            elif word['chain_flag'] == 1 or moras.startswith(('ː', 'ʔ')):
                found = found.rstrip(' ') if found[-2:-1].isalpha() else found
                found += f'{moras} '
            else:
                found += f'{moras} '
        found = re.sub(r' (?=[,.?!:;…—”])', '', found).strip()
        for nasal, sound in _NASALS:
            found = nasal.sub(sound, found)
        return found


def _moras(kana: str) -> Iterator[str]:
    """Yield the sounds of katakana, a small letter together with the one before it."""
    joined = False
    for letter, after in zip(kana, f'{kana[1:]} ', strict=True):
        if joined and letter in _SMALL:
            joined = False
            continue
        joined = after in _SMALL and letter in _KANA and letter not in 'ッー'
        if letter == 'ン':
            yield 'ɴ'
        elif joined:
            yield _joined(letter, after)
        else:
            yield _KANA.get(letter, '')


def _joined(letter: str, small: str) -> str:
    begin, vowel = _KANA[letter][:-1], _SMALL[small]
    if small in 'ャュョ':
        return begin + ('' if begin.endswith(_PALATAL) else 'ʲ') + vowel
    if letter in 'ウイ':
        return {'ウ': 'β', 'イ': 'j'}[letter] + vowel
    if letter in 'クグ':
        return f'{begin}ᵝ{vowel}'
    palatal = 'ʲ' if vowel == 'i' and not begin.endswith(_PALATAL) else ''
    return begin + palatal + vowel
