"""The voices by name, and the file that has them."""

from __future__ import annotations

from collections.abc import Mapping
import difflib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import language_of

_BY_LANGUAGE: Mapping[str, tuple[str, str]] = {
    # first letter of a name: the language, and the names; f are women, m men
    'a': ('en-US', 'f_alloy f_aoede f_bella f_heart f_jessica f_kore f_nicole f_nova f_river '
          'f_sarah f_sky m_adam m_echo m_eric m_fenrir m_liam m_michael m_onyx m_puck m_santa'),
    'b': ('en-GB', 'f_alice f_emma f_isabella f_lily m_daniel m_fable m_george m_lewis'),
    'e': ('es', 'f_dora m_alex m_santa'),
    'f': ('fr', 'f_siwis'),
    'h': ('hi', 'f_alpha f_beta m_omega m_psi'),
    'i': ('it', 'f_sara m_nicola'),
    'j': ('ja', 'f_alpha f_gongitsune f_nezumi f_tebukuro m_kumo'),
    'p': ('pt-BR', 'f_dora m_alex m_santa'),
    'z': ('zh', 'f_xiaobei f_xiaoni f_xiaoxiao f_xiaoyi m_yunjian m_yunxi m_yunxia m_yunyang')}
NAMES: tuple[str, ...] = tuple(
    letter + name for letter, (_, names) in _BY_LANGUAGE.items() for name in names.split())
"""In the order in which the file has them, which is that of the alphabet."""
DEFAULTS: Mapping[str, str] = {
    'en-US': 'af_heart', 'en-GB': 'bf_emma', 'es': 'ef_dora', 'fr': 'ff_siwis', 'hi': 'hf_alpha',
    'it': 'if_sara', 'ja': 'jf_alpha', 'pt-BR': 'pf_dora', 'zh': 'zf_xiaobei'}
"""The voice that speaks where only the language is named."""
STYLES, STYLE = 510, 256
"""A voice is a table: for each number of symbols, from 1 on, the style in which they are said."""
_VOICE_BYTES = STYLES * STYLE * 4


def chosen(name: str) -> str:
    """Return the voice for its name or for a language; the default for ''. Raises UserError."""
    if not name:
        return DEFAULTS['en-US']
    if name in NAMES:
        return name
    tag = name.replace('_', '-')
    for same in (lambda each: each.lower() == tag.lower(),
                 lambda each: language_of(each) == tag.lower()):
        for language, voice in DEFAULTS.items():
            if same(language):
                return voice
    near = difflib.get_close_matches(name, NAMES, n=3) or [*DEFAULTS.values()]
    raise UserError(f'tts.voice: kokoro has no voice {name!r}',
                    f'Near: {", ".join(near)}; docs/voices.md lists all, and a language such as '
                    '"fr" will do.')


def language(name: str) -> str:
    """Return the language of a voice (BCP 47)."""
    return _BY_LANGUAGE[name[0]][0]


def load_styles(path: Path, name: str) -> NDArray[np.float32]:
    """Return a voice's table, STYLES by STYLE. Raises UserError for a damaged file."""
    try:
        if path.stat().st_size != len(NAMES) * _VOICE_BYTES:
            raise UserError(f'{path} is not what the voices of kokoro are in',
                            'Run: txt2vid models fetch kokoro')
        table = np.fromfile(path, '<f4', STYLES * STYLE, offset=NAMES.index(name) * _VOICE_BYTES)
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror})', 'Check its permissions.'
                        ) from error
    return table.reshape(STYLES, STYLE).astype(np.float32)
