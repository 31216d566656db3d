"""Italian (Accademia della Crusca for what is said; the usual marks of figures)."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import (
    ClockWords,
    currencies,
    Language,
    nouns,
    pairs,
)
from txt2vid_ros.speaking.normalization.rule import words_of

_NUMBERS = """
%cardinal: 0: zero; uno; due; tre; quattro; cinque; sei; sette; otto; nove; dieci; undici; dodici;
tredici; quattordici; quindici; sedici; diciassette; diciotto; diciannove; 20: venti[>>];
30: trenta[>>]; 40: quaranta[>>]; 50: cinquanta[>>]; 60: sessanta[>>]; 70: settanta[>>];
80: ottanta[>>]; 90: novanta[>>]; 100: cento[>>]; 200: <<cento[>>]; 1000: mille[>>];
2000: <<mila[>>]; 1000000: un milione[ >>]; 2000000: << milioni[ >>];
1000000000: un miliardo[ >>]; 2000000000: << miliardi[ >>];
1000000000000: mille miliardi[ >>]; 2000000000000: <<mila miliardi[ >>];
%ordinal: 0: zero; primo; secondo; terzo; quarto; quinto; sesto; settimo; ottavo; nono; decimo;
11: =%cardinal=esimo;
"""
_ELIDED = ((r'(?<=vent)i(?=uno|otto)|(?<=nt)a(?=uno|otto)|(?<=cent)o(?=ott)', ''),)
_CURRENCIES = """
EUR | euro | euro | m | centesimo | centesimi
USD | dollaro | dollari | m | centesimo | centesimi
GBP | sterlina | sterline | f | penny | pence
CHF | franco | franchi | m | centesimo | centesimi
JPY | yen | yen | m
CNY | yuan | yuan | m
INR | rupia | rupie | f
"""
_UNITS = """
hPa | ettopascal
% | per cento | | n
‰ | per mille | | n
°C | grado Celsius | gradi Celsius
°F | grado Fahrenheit | gradi Fahrenheit
° | grado | gradi
km Km | chilometro | chilometri
m mt | metro | metri
cm | centimetro | centimetri
mm | millimetro | millimetri
nm | nanometro | nanometri
km/h | chilometro orario | chilometri orari
m/s | metro al secondo | metri al secondo
m² m^2 m2 mq | metro quadrato | metri quadrati
km² km^2 km2 | chilometro quadrato | chilometri quadrati
cm² cm^2 cm2 | centimetro quadrato | centimetri quadrati
m³ m^3 m3 mc | metro cubo | metri cubi
cm³ cm^3 cm3 | centimetro cubo | centimetri cubi
ha | ettaro | ettari
kg Kg | chilo | chili
g gr | grammo | grammi
mg | milligrammo | milligrammi
t | tonnellata | tonnellate | f
l L | litro | litri
ml | millilitro | millilitri
cl | centilitro | centilitri
h | ora | ore | f
min | minuto | minuti
s sec | secondo | secondi
ms | millisecondo | millisecondi
kWh | chilowattora
kW | chilowatt
MW | megawatt
W | watt
V | volt
A | ampere
Hz | hertz
kHz | chilohertz
MHz | megahertz
GHz | gigahertz
kB KB | kilobyte
MB | megabyte
GB | gigabyte
TB | terabyte
Mbps Mbit/s | megabit al secondo
px | pixel
dB | decibel
kcal | chilocaloria | chilocalorie | f
CV | cavallo | cavalli
"""
_ABBREVIATIONS = """
Sig. | signor
sig. | signor
Sig.ra | signora
sig.ra | signora
Sig.na | signorina
Sigg. | signori
Dott. | dottor
dott. | dottor
Dott.ssa | dottoressa
dott.ssa | dottoressa
Dr. | dottor
Prof. | professor
prof. | professor
Prof.ssa | professoressa
prof.ssa | professoressa
Ing. | ingegner
ing. | ingegner
Avv. | avvocato
avv. | avvocato
Arch. | architetto
Rag. | ragionier
Geom. | geometra
On. | onorevole
Gent.ma | gentilissima
Egr. | egregio
Spett. | spettabile
S. | San
p. es. | per esempio
ad es. | ad esempio
es. | esempio
c.so | corso
C.so | corso
p.za | piazza
P.za | piazza
P.zza | piazza
V.le | viale
ca. | circa
max. | massimo
min. | minimo
tel. | telefono
vs | contro
vs. | contro
cfr. | confronta
cd. | cosiddetto
c.d. | cosiddetto
"""
_CLOSING = """
ecc. | eccetera
etc. | eccetera
a.C. | avanti Cristo
d.C. | dopo Cristo
S.p.A. | esse pi a
S.r.l. | esse erre elle
"""
_NUMBERED = """
n. | numero
nn. | numeri
n° | numero
nº | numero
№ | numero
# | numero
pag. | pagina
pagg. | pagine
p. | pagina
pp. | pagine
art. | articolo
artt. | articoli
cap. | capitolo
fig. | figura
vol. | volume
"""
_NO_NOUNS = (
    'per|di|del|della|dei|degli|delle|a|al|alla|da|dal|dalla|in|nel|nella|con|su|sul|sulla|tra|fra'
    '|e|ed|o|è|era|ha|ho|che|non|ma|se|si|ci|mi|ti|vi|il|lo|la|le|gli|più|meno|ora|poi|dopo|prima'
    '|anche|come|quando|dove|fa|va|sta|viene|resta|manca|volta|alle|allo|agli|ai|sono|sei|siamo')
_FEMININE_ONE = (
    rf'\s(?!(?:{_NO_NOUNS}|problema|sistema|programma|tema|clima|panorama|poeta|pianeta|grammo)\b)'
    r'(?:[a-zàèéìòù]+(?:a|zione|sione|gione|tà|tù|trice|tudine)'
    r'|(?:nott|chiav|mogli|madr|class|part|font|lezion|pac|luc|voc|croc|legg|nav|nev|part|pell'
    r'|torr|'
    r'volp|valle|stazion|arte|gent)e|mano|foto|moto|auto|radio|città|ora)(?![^\W\d_])|\s(?:volta'
    r'|ora)\b')
_WORDS = {
    'decimal': 'virgola', 'comma': 'virgola', 'point': 'punto', 'minus': 'meno', 'plus': 'più',
    'plus_minus': 'più o meno', 'to': 'a', 'by': 'per', 'and': 'e', 'dot': 'punto',
    'slash': 'barra', 'at': 'chiocciola', 'dash': 'trattino', 'underscore': 'trattino basso',
    'colon': 'due punti', 'equals': 'uguale', 'times': 'per', 'divided': 'diviso', 'ratio': 'a',
    'squared': 'al quadrato', 'cubed': 'al cubo', 'power': 'alla {n}', 'over': 'su',
    'per': 'al {unit}', 'www': 'vu vu vu'}
_SIGNS = {
    '€': 'EUR', 'EUR': 'EUR', 'euro': 'EUR', '$': 'USD', 'US$': 'USD', 'USD': 'USD', '£': 'GBP',
    'GBP': 'GBP', '¥': 'JPY', 'JPY': 'JPY', '₹': 'INR', 'CHF': 'CHF', 'Fr.': 'CHF', 'CNY': 'CNY'}

ITALIAN = Language(
    tag='it',
    numbers=_NUMBERS,
    groups=". '",
    endings={'': (*_ELIDED, (r'(?<=\w)tre$', 'tré')), 'm': ((r'^uno$', 'un'),),
             'f': ((r'^uno$', 'una'),)},
    ordinal_endings={
        '': (*_ELIDED, (r'milaesimo$', 'millesimo'),
             (r'(?:[ao]|(?<!tr)e|(?<!se)i)esimo$', 'esimo')),
        'f': ((r'o$', 'a'),)},
    words=_WORDS,
    months=words_of('gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre '
                    'novembre dicembre'),
    short_months={'gen.': 1, 'feb.': 2, 'mar.': 3, 'apr.': 4, 'mag.': 5, 'giu.': 6, 'lug.': 7,
                  'ago.': 8, 'set.': 9, 'sett.': 9, 'ott.': 10, 'nov.': 11, 'dic.': 12},
    days=words_of('lunedì martedì mercoledì giovedì venerdì sabato domenica'),
    short_days={'lun.': 0, 'mar.': 1, 'mer.': 2, 'gio.': 3, 'ven.': 4, 'sab.': 5, 'dom.': 6},
    date='{day} {month} {year}', day_and_month='{day} {month}', first_day='primo',
    before_day_and_month=r"\b(?:[Ii]l |[Dd]el |[Aa]l |[Dd]al |[Ll]'|[Dd]ell'|[Aa]ll')",
    range_ends=(('[Dd]al|[Dd]el', 'al'), ('[Dd]alle', 'alle')),
    clock=ClockWords('{h}', '{h} e {m}', '{h} e {m}', '{h} ore, {m} minuti e {s} secondi',
                     form='f', before='[Oo]re|[Aa]lle|[Dd]alle|[Ll]e', hour_signs='h'),
    before_one=(('', r'\s(?:s[bcdfgklmnpqrtvz]|z|gn|ps)\w*[oe]\b'), ('f', _FEMININE_ONE),
                ('m', rf'\s(?!(?:{_NO_NOUNS})\b)[a-zàèéìòù]{{3,}}')),
    uncounted=r'\b(?:[Ii]l|[Dd]el|[Aa]l|[Nn]umero|[Cc]apitolo|[Pp]agina|[Vv]ersione|[A-Z]{1,3})'
              r'|\d',
    ordinal_marks=(
        (r'ª', 'f'), (r'º', ''), (r'\^(?=\s)', 'f'),
        (r'°(?=\s(?:posto|piano|classificato|premio|grado|capitolo|secolo|anniversario|turno|tempo'
         r'|giorno|anno|compleanno|gruppo|livello|municipio|concorso|festival))', '')),
    fractions=(('mezzo', 'mezzi'), ('terzo', 'terzi'), ('quarto', 'quarti'), ('quinto', 'quinti'),
               ('sesto', 'sesti'), ('settimo', 'settimi'), ('ottavo', 'ottavi'), ('nono', 'noni'),
               ('decimo', 'decimi')),
    halves=(('mezza', _FEMININE_ONE), ('mezzo', rf'\s(?!(?:{_NO_NOUNS})\b)[a-zàèéìòù]{{3,}}')),
    half='{n} e mezzo', fraction_form='m',
    scales={'mln': ('milione', 'milioni'), 'milione': ('milione', 'milioni'),
            'milioni': ('milione', 'milioni'), 'mld': ('miliardo', 'miliardi'),
            'miliardo': ('miliardo', 'miliardi'), 'miliardi': ('miliardo', 'miliardi')},
    of_millions='di ',
    currencies=currencies(_CURRENCIES), currency_signs=_SIGNS,
    money_with_parts='{whole} e {part}',
    units=nouns(_UNITS),
    abbreviations=pairs(_ABBREVIATIONS), closing=pairs(_CLOSING), numbered=pairs(_NUMBERED),
    roman_after='[Cc]apitolo|[Tt]omo|[Vv]olume|[Aa]tto|[Pp]arte|[Tt]itolo|[Tt]ipo|[Ll]ivello'
                '|[Ff]ase',
    roman_before='secolo|[Cc]ongresso|[Ee]dizione|[Ff]estival|[Mm]unicipio|[Rr]epubblica|[Cc]anto|'
                 'millennio|[Cc]oncilio',
    roman_names='Luigi|Carlo|Enrico|Filippo|Francesco|Napoleone|Giovanni|Giovanni Paolo|Benedetto|'
                'Pio|Paolo|Giorgio|Edoardo|Guglielmo|Riccardo|Federico|Vittorio Emanuele|Umberto|'
                'Leone|Alessandro|Ottone|Giulio|Urbano|Bonifacio|Clemente|Innocenzo|Ferdinando',
    roman_queens='Elisabetta|Caterina|Margherita|Cristina', roman_ordinals=99,
    phone_calls='[Tt]elefono|[Tt]el|[Cc]hiam[ai](?: il| lo)?|[Cc]hiamate(?: il| lo)?|[Ff]ax|'
                '[Cc]ellulare|[Nn]umero verde',
    symbols={'&': 'e', '@': 'chiocciola', '=': 'uguale', '+': 'più', '±': 'più o meno',
             '×': 'per', '÷': 'diviso', '≈': 'circa', '≠': 'diverso da', '<': 'minore di',
             '>': 'maggiore di', '≤': 'minore o uguale a', '≥': 'maggiore o uguale a',
             '%': 'per cento', '§': 'paragrafo', '©': 'copyright', '→': 'a', '∞': 'infinito',
             '√': 'radice di', '€': 'euro', '$': 'dollari', '£': 'sterline', '°': 'gradi',
             '#': 'numero'},
    before=((r'(?<=[€$])/(?=[^\W\d_]{4,})', ' a '), (r'(?<=\d)\s?º\s?(?=[CF]\b)', ' °'),
            (r"(?<!\w)'(?=\d\d(?!\d))", ''), (r'(?<=[a-z] )(\d+)\s?%(?=\w)', r'\1% ')),
    after=((r'\b([Uu])na (?=[aeiou]\w)', r"\1n'"),),
    regions={'CH': {'decimal': '.', 'groups': "' ", 'words': {**_WORDS, 'decimal': 'punto'}}})
