"""
What the mouth does for each sound: the stated mapping from IPA to mouth shapes.

A sound is a sequence of one or two visemes (diphthongs have two). A viseme has targets, one for
each mouth shape it cares about, and the dominance with which it claims them from its neighbours
(Cohen & Massaro 1993). Figures follow phonetics textbooks: high vowels have a small jaw opening,
low vowels a large one; back rounded vowels and w round the lips; bilabials and labiodentals
claim the lips with all their weight, while h and schwa give way to their neighbours.
"""

from __future__ import annotations

import dataclasses
import unicodedata

from txt2vid_ros.core.mouth import SHAPES


@dataclasses.dataclass(frozen=True)
class Viseme:
    """Targets (0 to 1) and dominance (0 to 1) by shape, in the order of SHAPES."""

    name: str
    target: tuple[float, ...]
    dominance: tuple[float, ...]
    vowel: bool = False


def _viseme(name: str, numbers: str, weights: str, vowel: bool = False) -> Viseme:
    target = tuple(float(value) / 100 for value in numbers.split())
    dominance = tuple(float(value) / 100 for value in weights.split())
    if len(target) != len(SHAPES) or len(dominance) != len(SHAPES):
        raise ValueError(f'viseme {name} does not have {len(SHAPES)} values')
    return Viseme(name, target, dominance, vowel)


# In percent:           jaw closed round wide lip-in tongue  jaw closed round wide lip-in tongue
_ALL = (
    _viseme('pause', '     0    0    0    0    0    0', '     70   60   50   50   90   90'),
    _viseme('p_b_m', '     6  100    0    0    0    0', '     80  100   25   25  100   60'),
    _viseme('f_v', '      10    0    0   15  100    0', '     80  100   45   30  100   60'),
    _viseme('th', '       20    0    0   20    0  100', '     70   80   25   30   90  100'),
    _viseme('t_d_n', '    15    0    0   25    0   45', '     55   60   15   25   80   60'),
    _viseme('l', '        24    0    0   15    0   75', '     50   60   20   25   80   80'),
    _viseme('s_z', '       7    0   10   40    0   10', '     85   70   20   45   90   80'),
    _viseme('sh_ch', '    12    0   70    0    0   10', '     80   70   75   60   90   80'),
    _viseme('r', '        16    0   55    0    0   15', '     50   60   55   45   80   60'),
    _viseme('k_g', '      22    0    0   10    0    0', '     35   60   12   15   80   60'),
    _viseme('w', '         9    0  100    0    0    0', '     70   80   95   80   90   80'),
    _viseme('j', '        12    0    0   70    0   15', '     55   70   45   65   80   60'),
    _viseme('h', '        25    0    0    0    0    0', '     12   60    5    5   80   60'),
    _viseme('ee', '       18    0    0  100    0    0', '     75   80   70   90   80   80', True),
    _viseme('ih', '       27    0    0   60    0    0', '     65   80   45   60   80   80', True),
    _viseme('eh', '       48    0    0   50    0    0', '     80   80   55   60   80   80', True),
    _viseme('ae', '       72    0    0   55    0    0', '     90   80   60   60   80   80', True),
    _viseme('aa', '       90    0    0    5    0    0', '     95   80   60   40   80   80', True),
    _viseme('uh', '       58    0    5   10    0    0', '     80   80   45   40   80   80', True),
    _viseme('schwa', '    32    0   10   15    0    0', '     38   70   15   15   80   70', True),
    _viseme('er', '       34    0   40    0    0   10', '     65   80   60   50   80   60', True),
    _viseme('aw', '       66    0   60    0    0    0', '     90   80   80   70   80   80', True),
    _viseme('oh', '       46    0   85    0    0    0', '     80   80   90   80   80   80', True),
    _viseme('oo', '       20    0  100    0    0    0', '     75   80   98   90   80   80', True),
    _viseme('high', '     20    0   15   15    0    0', '     60   80   45   30   80   70', True),
    _viseme('uu', '       28    0   70    0    0    0', '     65   80   80   70   80   80', True),
    _viseme('ue', '       16    0   95   10    0    0', '     75   80   95   80   80   80', True),
    _viseme('oe', '       38    0   75   10    0    0', '     75   80   85   70   80   80', True),
)
VISEMES: dict[str, Viseme] = {viseme.name: viseme for viseme in _ALL}
PAUSE = VISEMES['pause']

_SYMBOLS: dict[str, str] = {
    # visemes of the sound: the IPA symbols that have it
    'p_b_m': 'p b m ɓ ʙ ɸ β m̥ ʘ',
    'f_v': 'f v ʋ ɱ ⱱ',
    'th': 'θ ð',
    't_d_n': 't d n ɾ T ɗ ʈ ɖ ɳ ɽ r. ǀ ǃ n̩ r',
    'l': 'l ɫ ɭ ɬ ɮ ʎ ʟ ɺ ǁ l̩',
    # the alveolo-palatals of Japanese and Chinese are said with spread lips
    's_z': 's z ʦ ʣ ts dz ɕ ʑ ʨ ʥ tɕ dʑ',
    # with a dot: retroflex, as eSpeak NG writes those of Chinese
    'sh_ch': 'ɧ ʃ ʒ ʧ ʤ tʃ dʒ ʂ ʐ ꭧ tʂ dʐ s. z. ts. ts.h',
    'r': 'ɹ ɻ ɹ̩',
    # the r of French, German and Portuguese is made in the throat
    'k_g': 'k ɡ g ʄ ŋ x ɣ χ q ɢ ɴ c ɟ ɲ ȵ ɠ ʛ ɰ ç ʝ ħ ʕ ǂ ʀ ʁ',
    'w': 'w ʍ ɥ',
    'j': 'j',
    'h': 'h ɦ ʔ ʡ ʜ ʢ',
    'ee': 'i',
    'ih': 'ɪ ᵻ',
    # close and neither spread nor rounded: Japanese u, Portuguese e at an end, Chinese si, shi
    'high': 'ɯ ɨ ɿ ʅ i.',
    'eh': 'ɛ e ɘ ᴇ',
    'ae': 'æ a',
    'aa': 'ɑ ɶ ɒ ᴀ',
    'uh': 'ʌ ɐ',
    'schwa': 'ə ᵊ ɤ ɵ',
    'er': 'ɜ ɝ ɚ ɞ',
    'aw': 'ɔ',
    'oh': 'o',
    'oo': 'u ʉ',
    'uu': 'ʊ',
    'ue': 'y ʏ',
    'oe': 'ø œ',
    # diphthongs, in IPA and as the single capitals that Kokoro voices use
    'eh ih': 'A eɪ ei ɛɪ',
    'aa ih': 'I aɪ ai ɑɪ',
    'aa uu': 'W aʊ au ɑʊ',
    'oh uu': 'O oʊ ou',
    'schwa uu': 'Q əʊ',
    'aw ih': 'Y ɔɪ oi ɔi',
    'ih schwa': 'ɪə iə',
    'eh schwa': 'ɛə eə',
    'uu schwa': 'ʊə',
    'j oo': 'ju',
}
SOUNDS: dict[str, tuple[Viseme, ...]] = {
    symbol: tuple(VISEMES[name] for name in names.split())
    for names, symbols in _SYMBOLS.items()
    for symbol in symbols.split()
}
PAUSES = frozenset(' .,;:!?…—–-|‖"“”()«»¡¿') | {'', 'sil', 'sp', 'spn', 'pau', '_', '\n'}
# Marks that change a sound without moving the lips: length, tone, aspiration, nasality, ties.
_MARKS = frozenset('ːˑˈˌʰʱʲˠˤʼ˞̩̥̬̯̪̺̻̃̊̈͡‿ᵝ↓↑→↗↘˥˦˧˨˩̚')
_TONES = frozenset('0123456789ꜛꜜⁿ')
_ROUNDING_MARK = 'ʷ'
BEFORE_VOWEL = frozenset('ˈˌ')
"""Stress marks: a voice that times them gives them a part of the vowel that follows."""


def visemes_of(symbol: str) -> tuple[Viseme, ...]:
    """
    Return the visemes of an IPA symbol, in order; () where it says nothing about the lips.

    Stress, length and tone marks are ignored; a cluster that is not in the table gives the visemes
    of its known parts. A symbol that is a pause or a boundary gives the pause.
    """
    if symbol in SOUNDS:
        return SOUNDS[symbol]
    if symbol in PAUSES:
        return (PAUSE,)
    # A letter with its mark may be one character: õ.
    parts = ''.join(char if char in SOUNDS else unicodedata.normalize('NFD', char)
                    for char in symbol)
    bare = ''.join(mark for mark in parts
                   if mark not in _MARKS | _TONES and not unicodedata.combining(mark))
    if bare in SOUNDS:
        return SOUNDS[bare]
    found: list[Viseme] = []
    for part in bare:
        found += (VISEMES['w'],) if part == _ROUNDING_MARK else SOUNDS.get(part, ())
    return tuple(found)
