"""What texts in the languages of the Latin script have many of: words, letters and endings."""

from __future__ import annotations

from collections.abc import Mapping
import math
import re

_FREQUENT = {
    'en': """
        the to and of a in is that it you for i on was with be as are this have at not but they
        he we by from or what an all your so if can my do would there will about which one just
        out has when up how more no their who been were me she his her like don't it's i'm that's
        had its people them than time get some good now know could should may our did why want
        please thank thanks hello yes here where think going new because into only then him
        these most very much any over make other those does isn't can't let's us you're we're
        off also way back day see go say said after first well even need right work too
        really morning tomorrow today week""",
    'es': """
        de la que el en y a los se del las un por con no una su para es al lo como más o pero sus
        le ha me si sin sobre este ya cuando todo esta son también fue había muy años hasta desde
        está mi porque qué sólo han yo hay vez puede todos así nos ni parte tiene él uno donde bien
        tiempo mismo ese ahora otro después te eso e gracias ella usted dos tú cómo hola aquí
        estoy tengo hacer nada algo quiero vamos buenos buenas días dónde favor mañana hoy estás
        estamos están soy eres somos era ser estar siempre nunca casa cada entre menos quién
        cuánto cuándo sí les esto mucho gente hace ver bueno""",
    'fr': """
        de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il
        sont avec ou je son vous on cette mais nous elle aux d' l' qu' c' j' n' s' m' t' être ces
        sa fait ont été comme si leur y tout ils même aussi était bien peut moi mon ma mes tu te
        votre vos avoir ai suis êtes très quand quoi où sans faire bonjour merci oui non ça deux
        après encore alors donc rien ici notre nos sous avait deux tous toujours jamais demain
        aujourd' hui quel quelle comment parce vais veux peux avez avons entre dit moins lui peu
        voici voilà monsieur madame temps jour matin chez depuis""",
    'de': """
        der die und in das zu den von ist nicht mit sie es ein auf für ich im dem eine sich des
        wir auch als an er so dass wie hat aus werden bei sind noch einen nach um haben einer
        war wird oder nur am aber vor bis mehr durch man ihr du mir mich dich dir uns kann wenn
        schon was zum zur über sein ja nein hier habe bin bist seid bitte danke guten tag morgen
        heute gut sehr alle mein dein unser keine kein wo wer wann warum jetzt dann doch mal immer
        muss soll will können müssen möchte gibt geht viel ohne gegen unter zwei einem diese
        dieser dieses ihre ihren seine hatte würde hallo weil ob denn etwas nichts machen neue""",
    'it': """
        di che e la il un a per in è una sono mi ho ma l' con si non i le lo del della ti ha da
        come al nel dei delle alla anche se più questo questa io ci ne gli dell' all' nell' sull'
        un' dal dalla nella sul sulla su o cosa tutto lei lui quando c' ed bene era stato essere
        così solo molto grazie ciao sì no perché qui chi dove tu noi voi loro mio mia suo sua hai
        abbiamo avete hanno sei siamo siete fare fatto tutti tempo anni due sempre mai niente
        qualcosa vuoi voglio posso può buongiorno buona buon giorno oggi domani prima dopo ancora
        poi già senza quello quella nostro casa ogni quanto quale stai sto sta andiamo vado d'
        degli ai tra fra ore prego molti accordo""",
    'pt': """
        de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao
        ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso
        ela entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram
        essa num nem suas meu às minha têm numa pelos havia seja qual será nós tenho lhe deles
        estou bem obrigado obrigada olá sim bom dia boa tarde onde aqui agora então porque vai
        vou fazer pode posso quero muita todos tudo nada sempre nunca hoje amanhã ainda isto este
        esta estamos são sou somos vocês gente coisa tempo casa cada dois anos ontem""",
}
"""Function words and others that talk is full of, the most frequent first."""
_LETTERS = {
    'es': {'ñ': 4.0, '¿': 4.0, '¡': 4.0, 'á': 0.9, 'í': 0.9, 'ó': 0.9, 'é': 0.6, 'ú': 0.9},
    'fr': {'œ': 2.5, 'ê': 1.6, 'è': 1.4, 'é': 1.1, 'à': 0.9, 'ç': 1.2, 'û': 2.0, 'î': 2.0,
           'ë': 1.5, 'ï': 1.5, 'â': 1.2, 'ô': 1.2},
    'de': {'ß': 5.0, 'ä': 2.4, 'ö': 2.4, 'ü': 2.4, 'w': 0.5, 'k': 0.4, 'z': 0.3},
    'it': {'è': 1.2, 'ù': 2.0, 'ì': 2.5, 'ò': 2.2, 'à': 0.9},
    'pt': {'ã': 4.0, 'õ': 4.0, 'ç': 1.4, 'ê': 1.4, 'â': 1.4, 'ô': 1.4, 'á': 0.8, 'í': 0.8,
           'ó': 0.8, 'é': 0.6, 'ú': 0.8, 'à': 0.3},
    'en': {'w': 0.4, 'k': 0.2, 'y': 0.2},
}
"""For how much each letter speaks, in nats."""
_ENDINGS = {
    'en': 'ing:1.5 ed:0.8 tion:0.8 ly:1.5 ness:2 ght:2 ck:1 th:1 ould:2 ful:1.5 ies:0.7 '
          'ee:1 ow:0.8 ay:1.2 ew:1',
    'es': 'ción:3 ciones:3 dad:1.5 mente:0.5 ando:0.5 iendo:2 ado:0.6 ados:0.8 ero:0.5 ía:1 '
          'ar:0.4 ez:1 aje:1.2 illo:1.2 illa:1 as:0.3 os:0.3 amos:0.7 eño:2 ible:0.5 uego:2',
    'fr': 'eux:2 eau:2.5 aux:1.5 ique:2 tion:0.8 ment:0.8 ez:0.8 oir:2 ais:1.5 ait:2 ent:0.6 '
          'ette:2 eur:2 ère:2 ée:2 és:1.2 oi:1.5 er:0.3 euse:2 ance:1.2 illes:1 aine:1 ouve:1.5',
    'de': 'ung:2.5 ungen:3 keit:3 heit:3 lich:3 isch:2.5 en:0.5 er:0.3 st:0.5 cht:2.5 sch:2 '
          'ich:2 chen:2.5 tet:1 eit:1.5 ein:1.5 auf:1 igen:2 tz:2 mm:0.5 eln:2 rden:1.5 ben:1',
    'it': 'zione:3 zioni:3 mente:0.5 ità:3 ando:0.4 endo:0.7 ato:1 ata:0.6 ati:1.2 etto:1.5 '
          'ella:0.8 ello:1.2 are:0.7 ere:0.8 ire:0.8 iamo:2.5 ete:0.5 ggio:3 gli:1.5 cchi:2 '
          'oni:0.8 izio:2 ezza:2.5 uto:0.8 uti:1 ssimo:2 tti:2 tto:2 zza:2 ghi:2 ini:0.8 '
          'evo:1 osa:0.4 elli:1.5 anno:0.8 nte:0.8 nti:1 mpi:1',
    'pt': 'ção:4 ções:4 dade:2.5 mente:0.5 ando:0.4 endo:0.7 ado:0.6 inho:3 inha:2.5 agem:2.5 '
          'ém:2 eira:2 eiro:2.5 oso:0.7 ável:2.5 am:1 em:0.8 ão:3 ões:3 ou:0.7 ei:1 lho:2.5 '
          'lha:2.5 nho:2.5 nha:2.5 ais:0.5 ois:1 eu:1 uma:1 ssa:0.5 ram:1.5',
}
"""For how much the end of a word speaks that is not among the frequent ones."""
_START, _SLOPE = 0.06, 2.0
_FLOOR = 3e-5
"""How often a word that is no frequent one of the language is taken to come."""
_TOKENS = re.compile(r"[^\W\d_]+(?:['’](?:t|s|ll|ve|re|m|d)\b|['’])?", re.IGNORECASE)


def _word_weights(text: str) -> Mapping[str, float]:
    """Return for how much each word speaks, as if they followed Zipf's law."""
    return {word: math.log(_START / (rank + _SLOPE) / _FLOOR)
            for rank, word in enumerate(dict.fromkeys(text.split()))}


def _ending_weights(text: str) -> Mapping[str, float]:
    return {name: float(weight) for name, _, weight in
            (entry.partition(':') for entry in text.split())}


_WORDS = {language: _word_weights(text) for language, text in _FREQUENT.items()}
_ENDS = {language: _ending_weights(text) for language, text in _ENDINGS.items()}
LATIN_LANGUAGES = (*_FREQUENT,)
"""The languages of the Latin script that are told from each other."""


def words_of(text: str) -> list[str]:
    """Return the words in lower case, those that have lost an end with its apostrophe: l', d'."""
    return [word.lower().replace('’', "'") for word in _TOKENS.findall(text)]


def evidence(words: list[str], text: str) -> dict[str, float]:
    """Return for how much words, and the letters and marks of their text, speak, in nats."""
    return {language: sum(_word(language, word) for word in words) + sum(
        weight * min(3, text.count(letter))
        for letter, weight in _LETTERS[language].items()) for language in LATIN_LANGUAGES}


def _word(language: str, word: str) -> float:
    known = _WORDS[language].get(word)
    if known is not None:
        return known
    ends = _ENDS[language]
    return max((ends[word[-size:]] for size in range(2, 7)
                if len(word) > size and word[-size:] in ends), default=0.0)
