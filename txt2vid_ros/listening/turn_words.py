"""Words after which a turn cannot be over, and turns that are whole in a word, by language."""

from __future__ import annotations

import dataclasses


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(' '.join(phrase.split()) for phrase in text.split(','))


@dataclasses.dataclass(frozen=True)
class TurnWords:
    """What a language ends and does not end a turn with; all in lower case, ' for apostrophes."""

    openers: frozenset[str]
    """Words that need another after them."""
    prepositions: frozenset[str]
    """Words that need another after them, except at the end of a question."""
    fillers: frozenset[str]
    """Sounds of somebody who is still thinking, and titles: nothing ever ends with them."""
    phrases: frozenset[str]
    """Phrases that need another after them, though their last word may end a sentence."""
    answers: frozenset[str]
    """Sentences that are turns by themselves."""
    conditions: frozenset[str]
    """First words of a sentence whose first clause needs a second one."""
    digits: frozenset[str]
    """Numbers below twenty, as words: what numbers are dictated in."""
    tens: frozenset[str]
    """Tens, which form one number with a digit after them."""
    number_cues: frozenset[str] = frozenset()
    """Words after which a number or a code is dictated, with or without a verb between."""


ENGLISH = TurnWords(
    openers=_words("""
        a an the my your our their its every
        and or but nor because although unless whereas if whether while than as until till since
        is are am was were be been being has have had having do does did will would shall should
        can could may might must
        i'm you're he's she's it's we're they're that's there's what's who's let's i'd you'd he'd
        she'd we'd they'd i'll you'll he'll she'll we'll they'll i've you've we've they've
        who whom whose what where when why how which
        i he she we they
        very quite rather extremely too so such
        gonna wanna gotta"""),
    prepositions=_words("""
        of in at to for from with by on into onto upon about between among through during under
        without within against toward towards per via regarding including except like near behind
        beside"""),
    fillers=_words('um uh uhm uhh umm er erm hmm hm mm ah eh mr mrs ms dr'),
    phrases=_phrases("""
        and then, and so, such as, as well as, kind of, sort of, a lot of, one of, some of,
        going to, want to, have to, need to, used to, able to, due to, instead of, because of,
        in order to, in front of, next to, i mean, you know, i think, i guess, i would like,
        i'd like, would like, i want, i need, let me, can you, could you, would you, it is,
        there is, there are, and i, and that, so that, even if, as if, so i, but i"""),
    answers=_phrases("""
        yes, yeah, yep, yup, no, nope, okay, ok, sure, of course, certainly, exactly, right,
        correct, never, thanks, thank you, thank you very much, please, hello, hi, hey, goodbye,
        bye, good morning, good evening, good night, stop, wait, cancel, go on, i see, i do,
        i don't know, not really, not yet, never mind, no thanks, no thank you, yes please, sorry,
        excuse me, really, great, perfect, i think so, i hope so, that's it, that's all,
        how are you, nothing, what's up"""),
    conditions=_words('if unless although though whereas whenever while'),
    digits=_words("""
        zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen double triple"""),
    tens=_words('twenty thirty forty fifty sixty seventy eighty ninety'),
    number_cues=_words("""
        number code pin extension phone spelled spelt letters digits password zip plate"""))

GERMAN = TurnWords(
    openers=_words("""
        der die das den dem des ein eine einen einem einer eines mein meine meinen dein deine sein
        seine ihr ihre unser unsere kein keine keinen jeder jede jedes
        und oder aber denn weil dass ob wenn als falls obwohl während bevor nachdem sondern
        bin bist ist sind war waren werde wird werden würde habe hat haben hatte kann können
        könnte muss müssen soll sollte will wollen möchte
        ich er sie wir man
        wer wen wem wessen welche welcher welches sehr ganz ziemlich"""),
    prepositions=_words("""
        in im an am zu zum zur für von vom mit bei beim aus nach über unter zwischen durch gegen
        ohne um seit"""),
    fillers=_words('äh ähm öh öhm hm hmm mhm em'),
    phrases=_phrases("""
        und dann, und so, so wie, sowie, zum beispiel, ich glaube, ich meine, ich möchte,
        ich hätte gern, kannst du, können sie, könnten sie, das heißt, eine art"""),
    answers=_phrases("""
        ja, nein, doch, okay, gut, genau, stimmt, klar, natürlich, danke, vielen dank, bitte,
        hallo, guten morgen, guten tag, guten abend, gute nacht, tschüss, auf wiedersehen, halt,
        stopp, warte, vielleicht, ich weiß nicht, wie bitte, entschuldigung, weiter"""),
    conditions=_words('wenn falls obwohl sobald solange'),
    digits=_words("""
        null eins ein zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn
        vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"""),
    tens=frozenset(),
    number_cues=_words('nummer telefonnummer code pin postleitzahl buchstaben kennzeichen'))

FRENCH = TurnWords(
    openers=_words("""
        le la les l' un une des du de d' au aux mon ma mes ton ta tes son sa ses notre nos votre
        vos leur leurs ce cet cette ces chaque
        et ou mais donc car que qu' si quand lorsque parce puisque comme
        est sont suis es êtes sommes était étaient sera ai as a ont avons avez peux peut veux veut
        dois doit vais va je j' tu il elle on nous ils elles qui dont très assez trop plus"""),
    prepositions=_words('à en dans pour par sur sous avec sans chez vers entre depuis pendant'),
    fillers=_words('euh heu hum ben bah hein'),
    phrases=_phrases("""
        et puis, et alors, parce que, afin de, afin que, à cause de, au lieu de, est ce que,
        je voudrais, je pense que, c'est, il y a, par exemple, une sorte de, à côté de"""),
    answers=_phrases("""
        oui, non, si, d'accord, okay, ok, merci, merci beaucoup, bonjour, bonsoir, salut,
        au revoir, s'il vous plaît, s'il te plaît, bien sûr, exactement, peut être, stop, attends,
        attendez, je ne sais pas, pardon, voilà, parfait"""),
    conditions=_words('si quand lorsque puisque'),
    digits=_words("""
        zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze
        seize double"""),
    tens=_words('vingt trente quarante cinquante soixante'),
    number_cues=_words('numéro code téléphone lettres'))

SPANISH = TurnWords(
    openers=_words("""
        el la los las un una unos unas mi mis tu tus su sus nuestro nuestra cada este esta estos
        estas ese esa
        y e o u pero ni porque que si cuando aunque como mientras pues
        es son soy eres está están estoy era eran fue ser ha han he hay tiene puedo puede quiero
        quiere voy va vamos debo debe yo ella nosotros ellos
        muy tan más menos quien cuyo"""),
    prepositions=_words("""
        a al de del en con por para sin sobre entre hasta desde hacia según durante contra"""),
    fillers=_words('eh em este esto mmm'),
    phrases=_phrases("""
        y luego, y entonces, así que, para que, por ejemplo, tengo que, hay que, voy a,
        me gustaría, quisiera, en vez de, a causa de, una especie de, es decir, o sea"""),
    answers=_phrases("""
        sí, si, no, vale, de acuerdo, claro, por supuesto, exacto, gracias, muchas gracias, hola,
        buenos días, buenas tardes, buenas noches, adiós, por favor, para, espera, espere, quizás,
        tal vez, no sé, no lo sé, perdón, perfecto"""),
    conditions=_words('si cuando aunque'),
    digits=_words("""
        cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince
        doble"""),
    tens=_words('veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa'),
    number_cues=_words('número código teléfono letras'))

TURN_WORDS = {'en': ENGLISH, 'de': GERMAN, 'fr': FRENCH, 'es': SPANISH}
"""By language. German, French and Spanish were tested on written sentences only."""
