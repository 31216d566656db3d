"""German (Duden; DIN 5008 for how figures are written)."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import (
    AFTER_A_CASE,
    ClockWords,
    currencies,
    Language,
    nouns,
    pairs,
)
from txt2vid_ros.speaking.normalization.rule import words_of

_NUMBERS = """
%cardinal: 0: null; eins; zwei; drei; vier; fünf; sechs; sieben; acht; neun; zehn; elf; zwölf;
13: >>zehn; 16: sechzehn; siebzehn; 18: >>zehn; 20: [>%ein>und]zwanzig; 30: [>%ein>und]dreißig;
40: [>%ein>und]vierzig; 50: [>%ein>und]fünfzig; 60: [>%ein>und]sechzig; 70: [>%ein>und]siebzig;
80: [>%ein>und]achtzig; 90: [>%ein>und]neunzig; 100: hundert[>>]; 200: <<hundert[>>];
1000: tausend[>>]; 2000: <%ein<tausend[>>]; 1000000: eine Million[ >>];
2000000: << Millionen[ >>]; 1000000000: eine Milliarde[ >>]; 2000000000: << Milliarden[ >>];
1000000000000: eine Billion[ >>]; 2000000000000: << Billionen[ >>];
%ein: 0: null; ein; 2: =%cardinal=; 100: hundert[>%ein>]; 200: <%ein<hundert[>%ein>];
%m: 0: =%cardinal=; ein; 2: =%cardinal=;
%f: 0: =%cardinal=; eine; 2: =%cardinal=;
%year: 0: =%cardinal=; 1100/100: <<hundert[>>]; 2000: =%cardinal=;
%ordinal: 0: nullte; erste; zweite; dritte; vierte; fünfte; sechste; siebte; achte; neunte;
10: =%cardinal=te; 20: =%cardinal=ste; 100: hundert>%end>; 200: <<hundert>%end>;
1000: tausend>%end>; 2000: <%ein<tausend>%end>; 1000000: =%cardinal=ste;
%end: 0: ste; 1: =%ordinal=;
"""
_CURRENCIES = """
EUR | Euro | Euro | m | Cent | Cent
USD | Dollar | Dollar | m | Cent | Cent
CHF | Franken | Franken | m | Rappen | Rappen
GBP | Pfund | Pfund | m | Pence | Pence
JPY | Yen | Yen | m
CNY | Yuan | Yuan | m
INR | Rupie | Rupien | f
"""
_UNITS = """
% | Prozent
‰ | Promille
°C | Grad Celsius
°F | Grad Fahrenheit
° | Grad
km | Kilometer
m | Meter
cm | Zentimeter
mm | Millimeter
nm | Nanometer
km/h | Kilometer pro Stunde
m/s | Meter pro Sekunde
m² m^2 m2 qm | Quadratmeter
km² km^2 km2 | Quadratkilometer
cm² cm^2 cm2 | Quadratzentimeter
m³ m^3 m3 | Kubikmeter
cm³ cm^3 cm3 | Kubikzentimeter
ha | Hektar
kg | Kilogramm
g | Gramm
mg | Milligramm
t | Tonne | Tonnen | f
l L | Liter
ml | Milliliter
cl | Zentiliter
h Std. | Stunde | Stunden | f
Min. min | Minute | Minuten | f
s Sek. | Sekunde | Sekunden | f
ms | Millisekunde | Millisekunden | f
kWh | Kilowattstunde | Kilowattstunden | f
kW | Kilowatt
MW | Megawatt
GW | Gigawatt
W | Watt
V | Volt
A | Ampere
Hz | Hertz
kHz | Kilohertz
MHz | Megahertz
GHz | Gigahertz
kB KB | Kilobyte
MB | Megabyte
GB | Gigabyte
TB | Terabyte
Mbit/s MBit/s | Megabit pro Sekunde
px | Pixel
dB | Dezibel
kcal | Kilokalorie | Kilokalorien | f
PS | PS
bar | Bar
hPa | Hektopascal
"""
_ABBREVIATIONS = """
z. B. | zum Beispiel
d. h. | das heißt
u. a. | unter anderem
i. d. R. | in der Regel
o. g. | oben genannt
s. o. | siehe oben
s. u. | siehe unten
v. a. | vor allem
z. T. | zum Teil
z. Zt. | zurzeit
zz. | zurzeit
i. A. | im Auftrag
m. E. | meines Erachtens
u. U. | unter Umständen
a. D. | außer Dienst
Hr. | Herr
Hrn. | Herrn
Fr. | Frau
Dr. | Doktor
Prof. | Professor
Dipl. | Diplom
Ing. | Ingenieur
St. | Sankt
bzw. | beziehungsweise
ca. | circa
evtl. | eventuell
ggf. | gegebenenfalls
inkl. | inklusive
exkl. | exklusive
max. | maximal
min. | minimal
mind. | mindestens
sog. | sogenannte
vgl. | vergleiche
zzgl. | zuzüglich
abzgl. | abzüglich
geb. | geboren
gest. | gestorben
ev. | evangelisch
kath. | katholisch
Tel. | Telefon
Abb. | Abbildung
Abt. | Abteilung
gegr. | gegründet
allg. | allgemein
insb. | insbesondere
mtl. | monatlich
jährl. | jährlich
vs. | gegen
"""
_CLOSING = """
usw. | und so weiter
etc. | et cetera
u. Ä. | und Ähnliches
v. Chr. | vor Christus
n. Chr. | nach Christus
Str. | Straße
Jh. | Jahrhundert
GmbH | G M B H
AG | A G
"""
_NUMBERED = """
Nr. | Nummer
Nrn. | Nummern
S. | Seite
Bd. | Band
Kap. | Kapitel
Art. | Artikel
Abs. | Absatz
Abb. | Abbildung
Tab. | Tabelle
Hs. | Haus
Jg. | Jahrgang
Pkt. | Punkt
§§ | Paragrafen
§ | Paragraf
Ziff. | Ziffer
op. | Opus
# | Nummer
№ | Nummer
"""
_FEMININE = (
    r'\s(?:[A-ZÄÖÜ][a-zäöüß]*(?:ung|heit|keit|schaft|tion|sion|tät|enz|anz|ur|ie|ik)'
    r'|Frau|Stadt|Nacht|Hand|Uhrzeit|Mark|Zahl|Tür|Bank|Antwort|Wurst|Nummer|Person|Milliarde'
    r'|Million|Mutter|Tochter|Schwester|Firma|Stunde|Minute|Sekunde|Woche|Tasse|Flasche|Seite'
    r'|Reise'
    r'|Frage|Straße|Katze|Blume|Tonne|Zeile|Stelle|Karte|Gruppe|Etage|Runde|Portion|Dose|Kugel'
    r'|Aufgabe|Folge|Sache|Probe|Kiste|Nachricht|E-Mail|Mail|Datei|App|weitere|neue|halbe|ganze)'
    r'(?![^\W\d_])')
_DATIVE = (r'\b(?:[Aa]m|[Vv]om|[Zz]um|[Zz]ur|[Bb]eim|[Ii]m|[Dd]em|[Dd]en|[Dd]es|[Dd]einem'
           r'|[Mm]einem|[Uu]nserem|[Ii]hrem|[Ss]einem|[Ii]hren|[Mm]einen|[Ss]einen|[Ee]inen'
           r'|[Bb]is|[Aa]b|[Ss]eit'
           r'|[Nn]ach|[Vv]or|[Jj]eden'
           r'|(?:[Ii]n|[Aa]n|[Aa]uf|[Vv]on|[Aa]us|[Bb]ei|[Mm]it|[Nn]ach|[Ss]eit|[Zz]u|[Vv]or'
           r'|[Uu]nter'
           r'|[Üü]ber|[Nn]eben|[Zz]wischen) der'
           r'|(?:[Aa]m|[Vv]om|[Bb]is zum|[Dd]em|[Dd]en) (?:Montag|Dienstag|Mittwoch|Donnerstag'
           r'|Freitag|Samstag|Sonnabend|Sonntag), (?:dem |den )?) ')
_STARTERS = (
    'Der|Die|Das|Den|Dem|Ein|Eine|Einen|Er|Sie|Es|Wir|Ich|Ihr|Man|Und|Aber|Doch|Dann|Da|Dort'
    '|Hier|Heute'
    '|Morgen|Gestern|Danach|Jetzt|Nun|So|Wenn|Als|Weil|Wer|Was|Wie|Wo|Warum|Wann|Auch|Nach|Vor'
    '|Mit|Bei'
    '|In|Im|Am|An|Auf|Zu|Von|Für|Um|Über|Unter|Nicht|Kein|Keine|Alle|Viele|Diese|Dieser|Dieses'
    '|Mein'
    '|Meine|Sein|Seine|Unser|Später|Trotzdem|Deshalb|Bitte|Danke|Ja|Nein')
_NOMINATIVE = r'\b(?:[Dd]er|[Dd]ie|[Dd]as|[Dd]iese[rs]?|[Jj]ede[rs]?) '
_ORDERED = (
    r'(?:Jahrhunderts?|Weltkriegs?|Etage|Stock|Platz|Klasse|Mal|Tag|Geburtstags?|Jahrestags?|Liga'
    r'|Runde|Spieltags?|Auflage|Kapitel|Jahr|Woche|Semester|Quartals?|Halbzeit|Minute|Stunde'
    r'|Bezirk'
    r'|Reihe|Teil|Band|Folge|Staffel|Ausgabe|Frage|Versuch|Gang|Advent|Lebensjahr|Schritt|Person)')
_WORDS = {
    'decimal': 'Komma', 'comma': 'Komma', 'point': 'Punkt', 'minus': 'minus', 'plus': 'plus',
    'plus_minus': 'plus minus', 'to': 'bis', 'by': 'mal', 'and': '', 'dot': 'Punkt',
    'slash': 'Schrägstrich', 'at': 'ät', 'dash': 'Bindestrich', 'underscore': 'Unterstrich',
    'colon': 'Doppelpunkt', 'equals': 'gleich', 'times': 'mal', 'divided': 'geteilt durch',
    'ratio': 'zu', 'squared': 'hoch zwei', 'cubed': 'hoch drei', 'power': 'hoch {n}',
    'over': 'durch', 'per': 'pro {unit}', 'www': 'W W W'}
_SIGNS = {
    '€': 'EUR', 'EUR': 'EUR', 'Euro': 'EUR', '$': 'USD', 'US$': 'USD', 'USD': 'USD',
    'CHF': 'CHF', 'Fr.': 'CHF', 'sFr.': 'CHF', '£': 'GBP', 'GBP': 'GBP', '¥': 'JPY', 'JPY': 'JPY',
    '₹': 'INR', 'CNY': 'CNY'}
_BEFORE = (
    (rf'\b([Aa]m|[Vv]om|[Zz]um) (\d\d?)(?=\.(?:\s(?:{_STARTERS})\b|\s*$))', r'\1 \2ten'),
    (r'(?<=[€$])/(?=[^\W\d_]{4,})', ' pro '), (r'(?<=\d)\s?º\s?(?=[CF]\b)', ' °'))
_DATE_OR_TIME = (
    r'\d\d?\.\s?(?:(?:0?[1-9]|1[0-2])\.(?!\d)'
    r'|(?:Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)[a-z]*)'
    r'|\d\d?(?:[.:]\d\d)?\s?(?:Uhr|h)\b|\d\d?:\d\d')
_SWISS = {
    'decimal': '.', 'groups': "', ", 'words': {**_WORDS, 'decimal': 'Punkt'},
    # "Fr." is a franc before an amount, as well as a Friday and a Mrs.
    'before': (*_BEFORE, (rf'(?<![^\W\d_])s?Fr\.(?=\s?\d)(?!\s?(?:{_DATE_OR_TIME}))', 'CHF'),
               (r'(?<=\d)\.[–—-]+(?!\d)', ''))}

GERMAN = Language(
    tag='de',
    numbers=_NUMBERS,
    fraction_as_number=0,
    groups=". '",
    ordinal_endings={'n': ((r'e$', 'en'),), 'r': ((r'e$', 'er'),)},
    words=_WORDS,
    months=words_of('Januar Februar März April Mai Juni Juli August September Oktober November '
                    'Dezember'),
    short_months={'Jan.': 1, 'Feb.': 2, 'Mär.': 3, 'Apr.': 4, 'Jun.': 6, 'Jul.': 7, 'Aug.': 8,
                  'Sept.': 9, 'Sep.': 9, 'Okt.': 10, 'Nov.': 11, 'Dez.': 12, 'Jänner': 1,
                  'Feber': 2},
    days=words_of('Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag'),
    short_days={'Mo.': 0, 'Di.': 1, 'Mi.': 2, 'Do.': 3, 'Fr.': 4, 'Sa.': 5, 'So.': 6},
    date='{day} {month} {year}', day_and_month='{day} {month}', day_ordinal=True,
    suffixes='ern?|fach|mal',
    ordinal_cases=(('n', _DATIVE), ('n', r'ten (?:[A-ZÄÖÜ]\w+ )?(?:und|oder|bis) '),
                   ('n', rf'(?:{_DATIVE})\d{{1,2}}\.(?:\s?\d{{1,2}}\.)? '
                         '(?:und|oder|bis) '),
                   ('e', _NOMINATIVE), ('r', '')),
    ordinal_marks=((r'\.?s?ten(?![^\W\d_])', 'n'), (r'\.?s?te(?![^\W\d_])', 'e'),
                   (rf'\.(?=\s(?:[a-zäöü]+e[nrs]?\s)?{_ORDERED}(?![^\W\d_]))', 'r'),
                   (r'\.(?=\s[a-zäöüß])', 'r'),
                   (rf'\.(?=\s(?!(?:{_STARTERS})\b)[A-ZÄÖÜ])', AFTER_A_CASE)),
    year_contexts=(
        r'(?:\b(?:[Jj]ahre?s?|[Ss]eit|[Aa]b|[Bb]is|[Vv]or|[Nn]ach|[Uu]m|[Vv]on|[Ii]n|[Aa]nno'
        r'|[Ss]ommer'
        r'|[Ww]inter|[Hh]erbst|[Ff]rühjahr|[Ff]rühling|geboren|geb\.) |\(|^)',
        r'\)|er\b|[.,;:!?]?\s*$|[.,;:!?]\s|\s[a-zäöü]'),
    clock=ClockWords('{h} Uhr', '{h} Uhr {m}', '{h} Uhr {m}', '{h} Uhr {m} und {s} Sekunden',
                     form='m', second_form='f', after='Uhr|h'),
    before_one=(('f', _FEMININE), ('m', r'\s(?:Uhr|[A-ZÄÖÜ][a-zäöüß]+)(?![^\W\d_])')),
    fractions=(('halb', 'halbe'), ('Drittel', 'Drittel'), ('Viertel', 'Viertel'),
               ('Fünftel', 'Fünftel'), ('Sechstel', 'Sechstel'), ('Siebtel', 'Siebtel'),
               ('Achtel', 'Achtel'), ('Neuntel', 'Neuntel'), ('Zehntel', 'Zehntel')),
    halves=(('eine halbe', _FEMININE),
            ('ein halbes', r'\s(?:Jahr|Kilo|Kilogramm|Pfund|Glas|Dutzend)\b'),
            ('ein halber', r'\s[A-ZÄÖÜ]')),
    half='{n}einhalb',
    scales={'Mio.': ('Million', 'Millionen'), 'Mio': ('Million', 'Millionen'),
            'Million': ('Million', 'Millionen'), 'Millionen': ('Million', 'Millionen'),
            'Mrd.': ('Milliarde', 'Milliarden'), 'Mrd': ('Milliarde', 'Milliarden'),
            'Milliarde': ('Milliarde', 'Milliarden'), 'Milliarden': ('Milliarde', 'Milliarden'),
            'Billionen': ('Billion', 'Billionen'), 'Tsd.': ('tausend', 'tausend')},
    scale_form='f',
    currencies=currencies(_CURRENCIES), currency_signs=_SIGNS,
    units=nouns(_UNITS),
    abbreviations=pairs(_ABBREVIATIONS), closing=pairs(_CLOSING), numbered=pairs(_NUMBERED),
    starters=rf'(?:{_STARTERS})\b',
    roman_after='Kapitel|Band|Teil|Akt|Artikel|Typ|Stufe|Weltkrieg',
    roman_names='Heinrich|Wilhelm|Friedrich|Friedrich Wilhelm|Ludwig|Karl|Otto|'
                'Johannes Paul|Benedikt|Papst [A-Z][a-z]+|Leopold|Franz|Joseph|Maximilian|Georg|'
                'Philipp|Napoleon|Nikolaus|Charles|Georg|Peter',
    roman_queens='Katharina|Elisabeth|Margarethe|Maria',
    roman_ordinals=99, roman_name=('der {N}', 'die {N}'),
    phone_calls='Telefon|Tel|Telefonnummer|Rufnummer|Fax|Handy|Mobil|erreichbar unter|'
                'Rufen Sie|Notruf',
    symbols={'&': 'und', '@': 'ät', '=': 'gleich', '+': 'plus', '±': 'plus minus', '×': 'mal',
             '÷': 'geteilt durch', '≈': 'ungefähr', '≠': 'ungleich', '<': 'kleiner als',
             '>': 'größer als', '≤': 'kleiner oder gleich', '≥': 'größer oder gleich',
             '%': 'Prozent', '§': 'Paragraf', '©': 'Copyright', '→': 'nach', '∞': 'unendlich',
             '√': 'Wurzel aus', '€': 'Euro', '$': 'Dollar', '£': 'Pfund', '°': 'Grad',
             '#': 'Nummer'},
    before=_BEFORE,
    regions=dict.fromkeys(('CH', 'LI'), _SWISS))
