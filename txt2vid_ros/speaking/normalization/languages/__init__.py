"""The languages that have a table, by the language of a BCP 47 tag."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import Language
from txt2vid_ros.speaking.normalization.languages.de import GERMAN
from txt2vid_ros.speaking.normalization.languages.es import SPANISH
from txt2vid_ros.speaking.normalization.languages.fr import FRENCH
from txt2vid_ros.speaking.normalization.languages.it import ITALIAN
from txt2vid_ros.speaking.normalization.languages.pt import PORTUGUESE

LANGUAGES: dict[str, Language] = {each.tag: each for each in (
    GERMAN, SPANISH, FRENCH, ITALIAN, PORTUGUESE)}
