"""The languages that have a table, by the language of a BCP 47 tag."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import Language
from txt2vid_ros.speaking.normalization.languages.de import GERMAN
from txt2vid_ros.speaking.normalization.languages.es import SPANISH
from txt2vid_ros.speaking.normalization.languages.fr import FRENCH
from txt2vid_ros.speaking.normalization.languages.hi import HINDI
from txt2vid_ros.speaking.normalization.languages.it import ITALIAN
from txt2vid_ros.speaking.normalization.languages.ja import JAPANESE
from txt2vid_ros.speaking.normalization.languages.pt import PORTUGUESE
from txt2vid_ros.speaking.normalization.languages.zh import CHINESE

LANGUAGES: dict[str, Language] = {each.tag: each for each in (
    GERMAN, SPANISH, FRENCH, HINDI, ITALIAN, JAPANESE, PORTUGUESE, CHINESE)}
