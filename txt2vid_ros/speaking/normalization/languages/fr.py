"""French (Imprimerie nationale, Lexique des règles typographiques; the spelling of 1990)."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import (
    ClockWords,
    currencies,
    Language,
    nouns,
    pairs,
)
from txt2vid_ros.speaking.normalization.rule import words_of

_SEVENTY = '60/20: soixante[->%et>]; 80/20: quatre-vingts; 81/20: quatre-vingt->>;'
_NUMBERS = f"""
%cardinal: 0: zéro; un; deux; trois; quatre; cinq; six; sept; huit; neuf; dix; onze; douze; treize;
quatorze; quinze; seize; 17: dix->>; 20: vingt[->%et>]; 30: trente[->%et>];
40: quarante[->%et>]; 50: cinquante[->%et>]; {_SEVENTY} 100: cent[ >>]; 200: << cents[ >>];
1000: mille[ >>]; 2000: << mille[ >>]; 1000000: un million[ >>]; 2000000: << millions[ >>];
1000000000: un milliard[ >>]; 2000000000: << milliards[ >>]; 1000000000000: un billion[ >>];
2000000000000: << billions[ >>];
%et: 0: =%cardinal=; et-un; 2: =%cardinal=; 11: et-onze; 12: =%cardinal=;
%ordinal: 0: =%cardinal=ième; premier; 2: =%cardinal=ième;
"""
_BELGIAN = _NUMBERS.replace(
    _SEVENTY, '60: soixante[->%et>]; 70: septante[->%et>]; 80/20: quatre-vingts; '
              '81: quatre-vingt->>; 90: nonante[->%et>];')
_SWISS = _NUMBERS.replace(
    _SEVENTY, '60: soixante[->%et>]; 70: septante[->%et>]; 80: huitante[->%et>]; '
              '90: nonante[->%et>];')
_CURRENCIES = """
EUR | euro | euros | m | centime | centimes
USD | dollar | dollars | m | cent | cents
CAD | dollar | dollars | m | cent | cents
CHF | franc | francs | m | centime | centimes
GBP | livre | livres | f | penny | pence
JPY | yen | yens | m
CNY | yuan | yuans | m
INR | roupie | roupies | f
"""
_UNITS = """
hPa | hectopascal | hectopascals
% | pour cent | | n
‰ | pour mille | | n
°C | degré Celsius | degrés Celsius
°F | degré Fahrenheit | degrés Fahrenheit
° | degré | degrés
km | kilomètre | kilomètres
m | mètre | mètres
cm | centimètre | centimètres
mm | millimètre | millimètres
nm | nanomètre | nanomètres
km/h | kilomètre heure | kilomètres heure
m/s | mètre par seconde | mètres par seconde
m² m^2 m2 | mètre carré | mètres carrés
km² km^2 km2 | kilomètre carré | kilomètres carrés
cm² cm^2 cm2 | centimètre carré | centimètres carrés
m³ m^3 m3 | mètre cube | mètres cubes
cm³ cm^3 cm3 | centimètre cube | centimètres cubes
ha | hectare | hectares
kg | kilo | kilos
g | gramme | grammes
mg | milligramme | milligrammes
t | tonne | tonnes | f
l L | litre | litres
ml mL | millilitre | millilitres
cl cL | centilitre | centilitres
h | heure | heures | f
min mn | minute | minutes | f
s sec | seconde | secondes | f
ms | milliseconde | millisecondes | f
kWh | kilowattheure | kilowattheures
kW | kilowatt | kilowatts
MW | mégawatt | mégawatts
W | watt | watts
V | volt | volts
A | ampère | ampères
Hz | hertz
kHz | kilohertz
MHz | mégahertz
GHz | gigahertz
ko Ko | kilooctet | kilooctets
Mo | mégaoctet | mégaoctets
Go | gigaoctet | gigaoctets
To | téraoctet | téraoctets
GB | gigaoctet | gigaoctets
Mbit/s Mb/s | mégabit par seconde | mégabits par seconde
px | pixel | pixels
dB | décibel | décibels
kcal | kilocalorie | kilocalories | f
ch | cheval | chevaux
"""
_ABBREVIATIONS = """
M. | monsieur
MM. | messieurs
Mme | madame
Mmes | mesdames
Mlle | mademoiselle
Mlles | mesdemoiselles
Mgr | monseigneur
Dr | docteur
Dr. | docteur
Dre | docteure
Pr | professeur
Ste | sainte
p. ex. | par exemple
c.-à-d. | c'est-à-dire
av. J.-C. | avant Jésus-Christ
apr. J.-C. | après Jésus-Christ
env. | environ
bd | boulevard
Bd | boulevard
av. | avenue
tél. | téléphone
max. | maximum
min. | minimum
vs | contre
vs. | contre
resp. | respectivement
hab. | habitants
s/ | sur
qqch. | quelque chose
qqn | quelqu'un
RDV | rendez-vous
rdv | rendez-vous
SVP | s'il vous plaît
svp | s'il vous plaît
"""
_CLOSING = """
etc. | et cætera
"""
_NUMBERED = """
n° | numéro
nº | numéro
no | numéro
№ | numéro
# | numéro
p. | page
pp. | pages
art. | article
chap. | chapitre
fig. | figure
vol. | volume
t. | tome
§ | paragraphe
"""
_FEMININE = (
    r'\s(?:[a-zàâéèêëîïôûùç]*(?:tions?|sions?|xions?|tés?|ettes?|ures?|ances?|ences?|ades?|tudes?)'
    r'|(?:personne|femme|fille|heure|minute|seconde|année|semaine|page|ville|maison|voiture|rue'
    r'|table|chaise|chambre|place|tasse|bouteille|pomme|lettre|porte|main|ligne|chose|histoire'
    r'|école|équipe|carte|étoile|étape|famille|cuillère|tonne|goutte|journée|soirée|matinée|nuit'
    r'|partie|réponse|image|vidéo|photo|église|langue|couleur|fleur|sœur|mère|tête|jambe|victime'
    r'|fenêtre|pièce|marche|feuille|tranche|livraison|fête|caisse|classe|date|demande|entreprise'
    r'|erreur|idée|île|machine|marque|messe|note|offre|orange|poire|poule|robe|route|salle|série'
    r'|tour Eiffel|usine|vache|valise|victoire|voie|copie|boîte|amie|copine|fois-ci|centaine'
    r'|dizaine|douzaine|autre fois|nouvelle|petite|grande|bonne|belle)s?|fois|voix|souris|brebis)'
    r'(?![^\W\d_])')
_WORDS = {
    'decimal': 'virgule', 'comma': 'virgule', 'point': 'point', 'minus': 'moins', 'plus': 'plus',
    'plus_minus': 'plus ou moins', 'to': 'à', 'by': 'sur', 'and': 'et', 'dot': 'point',
    'slash': 'barre oblique', 'at': 'arobase', 'dash': 'tiret', 'underscore': 'tiret bas',
    'colon': 'deux-points', 'equals': 'égale', 'times': 'fois', 'divided': 'divisé par',
    'ratio': 'à', 'squared': 'au carré', 'cubed': 'au cube', 'power': 'puissance {n}',
    'over': 'sur', 'per': 'par {unit}', 'www': 'trois double vé'}
_SIGNS = {
    '€': 'EUR', 'EUR': 'EUR', 'euros': 'EUR', '$': 'USD', 'US$': 'USD', 'USD': 'USD',
    '$ CA': 'CAD', '£': 'GBP', 'GBP': 'GBP', '¥': 'JPY', 'JPY': 'JPY', '₹': 'INR', 'CHF': 'CHF',
    'CNY': 'CNY'}

FRENCH = Language(
    tag='fr',
    numbers=_NUMBERS,
    endings={
        '': ((r'cents(?= (?!mill?i|bill))', 'cent'), (r'quatre-vingts(?= mille)', 'quatre-vingt')),
        'f': ((r'\bun$', 'une'),)},
    ordinal_endings={
        '': ((r'eième$', 'ième'), (r'cinqième$', 'cinquième'), (r'neufième$', 'neuvième'),
             (r'(vingt|cent|million|milliard)sième$', r'\1ième')),
        'f': ((r'^premier$', 'première'),)},
    words=_WORDS,
    months=words_of('janvier février mars avril mai juin juillet août septembre octobre novembre '
                    'décembre'),
    short_months={'janv.': 1, 'févr.': 2, 'fév.': 2, 'avr.': 4, 'juil.': 7, 'sept.': 9, 'oct.': 10,
                  'nov.': 11, 'déc.': 12},
    days=words_of('lundi mardi mercredi jeudi vendredi samedi dimanche'),
    short_days={'lun.': 0, 'mar.': 1, 'mer.': 2, 'jeu.': 3, 'ven.': 4, 'sam.': 5, 'dim.': 6},
    date='{day} {month} {year}', day_and_month='{day} {month}', first_day='premier',
    before_day_and_month=r'\b(?:[Ll]e|[Aa]u|[Dd]u) ', range_ends=(('[Dd]u', 'au'),),
    clock=ClockWords('{h} heures', '{h} heures {m}', '{h} heures {m}',
                     '{h} heures, {m} minutes et {s} secondes', form='f',
                     minute_form='f', second_form='f', hour_signs='hH'),
    before_one=(('f', _FEMININE),), before_many=(('f', _FEMININE),),
    uncounted=r'\b(?:[Ll]e|[Dd]u|[Aa]u|[Nn]uméro|[A-Z]{1,3})|\d',
    ordinal_marks=((r'(?:re|ère)(?![^\W\d_])', 'f'), (r'(?:er)(?![^\W\d_])', ''),
                   (r'(?:es?|[èe]mes?|nde?|de)(?![^\W\d_])', '')),
    fractions=(('demi', 'demis'), ('tiers', 'tiers'), ('quart', 'quarts'),
               ('cinquième', 'cinquièmes'), ('sixième', 'sixièmes'), ('septième', 'septièmes'),
               ('huitième', 'huitièmes'), ('neuvième', 'neuvièmes'), ('dixième', 'dixièmes')),
    halves=(('une demi', _FEMININE), ('un demi', r'\s(?!d[eu]\b|est\b|et\b|ou\b)[a-zà-ÿ]{3,}')),
    half='{n} et demi',
    scales={'M': ('million', 'millions'), 'million': ('million', 'millions'),
            'millions': ('million', 'millions'), 'Md': ('milliard', 'milliards'),
            'Mds': ('milliard', 'milliards'), 'milliard': ('milliard', 'milliards'),
            'milliards': ('milliard', 'milliards'), 'mille': ('mille', 'mille'),
            'k': ('mille', 'mille')},
    of_millions='de ',
    elided=((r'\bde (?=[aeiouyéèêh])', "d'"), (r"\bmille d(?:e |')", 'mille ')),
    currencies=currencies(_CURRENCIES), currency_signs=_SIGNS,
    units=nouns(_UNITS),
    abbreviations=pairs(_ABBREVIATIONS), closing=pairs(_CLOSING), numbered=pairs(_NUMBERED),
    roman_after='[Cc]hapitre|[Tt]ome|[Vv]olume|[Aa]cte|[Pp]artie|[Tt]itre|[Tt]ype|[Nn]iveau|Paris',
    roman_before='siècles?|arrondissement|République|congrès|millénaire|édition|dynastie|Reich',
    roman_mark='e|ème|er|re|ère',
    roman_names='Louis|Charles|Henri|Philippe|François|Napoléon|Jean|Jean-Paul|Benoît|Pie|Paul|'
                'Georges?|Édouard|Guillaume|Richard|Frédéric|Alphonse|Philippe|Léopold|Albert',
    roman_queens='Élisabeth|Elisabeth|Elizabeth|Catherine|Marguerite',
    roman_ordinals=1,
    phone_calls='[Tt]éléphone|[Tt]él|[Aa]ppelez(?: le)?|[Cc]omposez(?: le)?|[Ff]ax|[Pp]ortable',
    phone_pairs=True,
    symbols={'&': 'et', '@': 'arobase', '=': 'égale', '+': 'plus', '±': 'plus ou moins',
             '×': 'fois', '÷': 'divisé par', '≈': 'environ', '≠': 'différent de',
             '<': 'inférieur à', '>': 'supérieur à', '≤': 'inférieur ou égal à',
             '≥': 'supérieur ou égal à', '%': 'pour cent', '§': 'paragraphe', '©': 'copyright',
             '→': 'vers', '∞': 'infini', '√': 'racine de', '€': 'euros', '$': 'dollars',
             '£': 'livres', '°': 'degrés', '#': 'numéro'},
    before=((r'(?<=[€$])/(?=[^\W\d_]{4,})', ' par '), (r'(?<=\d)\s?º\s?(?=[CF]\b)', ' °'),
            (r'(?<=[a-zé] )I(?:er)(?![^\W\d_])', 'premier'),
            (r'(?<=[a-zé] )I(?:re|ère)(?![^\W\d_])', 'première'),
            (r'\b([Ss])t-(?=[A-ZÉ])', r'\1aint-'), (r'\b([Ss])te-(?=[A-ZÉ])', r'\1ainte-')),
    after=((r'(?<![\w-])(une|zéro) heures\b', r'\1 heure'),
           (r'\bdemi (?=(?:heure|tasse|livre|journée|bouteille|page|douzaine|cuillère|finale|litre'
            r'|kilo|mètre|siècle|verre)\b)', 'demi-')),
    regions={'BE': {'numbers': _BELGIAN}, 'CH': {'numbers': _SWISS, 'groups': ".' "},
             'CA': {'currency_signs': {**_SIGNS, '$': 'CAD'}}})
