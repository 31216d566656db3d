"""Spanish (Real Academia Española, Ortografía de la lengua española, 2010)."""

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
%cardinal: 0: cero; uno; dos; tres; cuatro; cinco; seis; siete; ocho; nueve; diez; once; doce;
trece; catorce; quince; dieciséis; diecisiete; dieciocho; diecinueve; veinte; veintiuno;
veintidós; veintitrés; veinticuatro; veinticinco; veintiséis; veintisiete; veintiocho;
veintinueve; 30: treinta[ y >>]; 40: cuarenta[ y >>]; 50: cincuenta[ y >>]; 60: sesenta[ y >>];
70: setenta[ y >>]; 80: ochenta[ y >>]; 90: noventa[ y >>]; 100: cien; 101: ciento >>;
200: doscientos[ >>]; 300: trescientos[ >>]; 400: cuatrocientos[ >>]; 500: quinientos[ >>];
600: seiscientos[ >>]; 700: setecientos[ >>]; 800: ochocientos[ >>]; 900: novecientos[ >>];
1000: mil[ >>]; 2000: << mil[ >>]; 1000000: un millón[ >>]; 2000000: << millones[ >>];
1000000000000: un billón[ >>]; 2000000000000: << billones[ >>];
%ordinal: 0: =%cardinal=; primero; segundo; tercero; cuarto; quinto; sexto; séptimo; octavo;
noveno; décimo; undécimo; duodécimo; 13: decimo>>; 18: decimoctavo; 19: decimonoveno;
20: vigésimo[ >>]; 30: trigésimo[ >>]; 40: cuadragésimo[ >>]; 50: quincuagésimo[ >>];
60: sexagésimo[ >>]; 70: septuagésimo[ >>]; 80: octogésimo[ >>]; 90: nonagésimo[ >>];
100: centésimo[ >>]; 200: ducentésimo[ >>]; 300: =%cardinal=; 1000: milésimo; 1001: =%cardinal=;
"""
_WITHOUT_O = ((r'veintiuno$', 'veintiún'), (r'\buno$', 'un'))
_CURRENCIES = """
EUR | euro | euros | m | céntimo | céntimos
USD | dólar | dólares | m | centavo | centavos
MXN | peso | pesos | m | centavo | centavos
ARS | peso | pesos | m | centavo | centavos
GBP | libra | libras | f | penique | peniques
JPY | yen | yenes | m
CNY | yuan | yuanes | m
INR | rupia | rupias | f
BRL | real | reales | m | centavo | centavos
CHF | franco suizo | francos suizos | m | céntimo | céntimos
PEN | sol | soles | m | céntimo | céntimos
"""
_UNITS = """
hPa | hectopascal | hectopascales
% | por ciento | | n
‰ | por mil | | n
°C | grado Celsius | grados Celsius
°F | grado Fahrenheit | grados Fahrenheit
° | grado | grados
km Km | kilómetro | kilómetros
m | metro | metros
cm | centímetro | centímetros
mm | milímetro | milímetros
nm | nanómetro | nanómetros
km/h | kilómetro por hora | kilómetros por hora
m/s | metro por segundo | metros por segundo
m² m^2 m2 | metro cuadrado | metros cuadrados
km² km^2 km2 | kilómetro cuadrado | kilómetros cuadrados
cm² cm^2 cm2 | centímetro cuadrado | centímetros cuadrados
m³ m^3 m3 | metro cúbico | metros cúbicos
cm³ cm^3 cm3 | centímetro cúbico | centímetros cúbicos
ha | hectárea | hectáreas | f
kg Kg | kilo | kilos
g gr | gramo | gramos
mg | miligramo | miligramos
t | tonelada | toneladas | f
l L | litro | litros
ml mL | mililitro | mililitros
cl | centilitro | centilitros
h | hora | horas | f
min | minuto | minutos
s | segundo | segundos
ms | milisegundo | milisegundos
kWh | kilovatio hora | kilovatios hora
kW | kilovatio | kilovatios
MW | megavatio | megavatios
W | vatio | vatios
V | voltio | voltios
A | amperio | amperios
Hz | hercio | hercios
kHz | kilohercio | kilohercios
MHz | megahercio | megahercios
GHz | gigahercio | gigahercios
kB KB | kilobyte | kilobytes
MB | megabyte | megabytes
GB | gigabyte | gigabytes
TB | terabyte | terabytes
Mbps Mbit/s | megabit por segundo | megabits por segundo
px | píxel | píxeles
dB | decibelio | decibelios
kcal | kilocaloría | kilocalorías | f
mph | milla por hora | millas por hora | f
CV | caballo | caballos
"""
_ABBREVIATIONS = """
Sr. | señor
Sra. | señora
Srta. | señorita
Sres. | señores
D. | don
Dña. | doña
Dr. | doctor
Dra. | doctora
Dres. | doctores
Prof. | profesor
Profa. | profesora
Ing. | ingeniero
Lic. | licenciado
Sto. | santo
Sta. | santa
Fr. | fray
Gral. | general
Ilmo. | ilustrísimo
Excmo. | excelentísimo
p. ej. | por ejemplo
P. ej. | Por ejemplo
p.ej. | por ejemplo
Av. | avenida
Avda. | avenida
C/ | calle
c/ | calle
Pza. | plaza
Ctra. | carretera
tel. | teléfono
Tfno. | teléfono
aprox. | aproximadamente
máx. | máximo
mín. | mínimo
vs. | contra
vs | contra
Ud. | usted
Uds. | ustedes
Vd. | usted
núm. | número
dcha. | derecha
izda. | izquierda
ntra. | nuestra
c/u | cada uno
s/n | sin número
"""
_CLOSING = """
etc. | etcétera
EE. UU. | Estados Unidos
EE.UU. | Estados Unidos
EEUU | Estados Unidos
JJ. OO. | Juegos Olímpicos
RR. HH. | Recursos Humanos
a. C. | antes de Cristo
d. C. | después de Cristo
a. m. | a eme
p. m. | pe eme
am | a eme
pm | pe eme
S. A. | ese a
S. L. | ese ele
Cía. | compañía
"""
_NUMBERED = """
n.º | número
N.º | Número
nº | número
Nº | Número
n° | número
No. | número
núm. | número
№ | número
# | número
pág. | página
págs. | páginas
p. | página
pp. | páginas
art. | artículo
arts. | artículos
cap. | capítulo
fig. | figura
vol. | volumen
tel. | teléfono
km. | kilómetro
aprox. | aproximadamente
h. | hora
"""
_NO_NOUNS = (
    'para|nada|ahora|hasta|contra|cada|era|está|estaba|va|da|esta|esa|una?s?|las?|los?|les?|había'
    '|hacia|ya|más|menos|además|tras|atrás|es|son|eres|entonces|nos|pues|después|antes|de|del|el'
    '|en'
    '|y|o|u|e|al?|por|con|sin|que|se|su|sus|ni|si|sí|no|como|cuando|donde|pero|sobre|según|entre'
    '|fue'
    '|fueron|tiene|hace|hay|será|puede|lleva|llega|queda|gana|falta|sería|veces')
_MASCULINE_A = (
    'día|problema|sistema|programa|tema|idioma|planeta|mapa|clima|poema|gramo|kilograma|'
    'diploma|drama|síntoma|cometa|pijama|sofá|turista|artista')
_FEMININE = (
    'mujer|noche|tarde|calle|clase|parte|mano|foto|moto|flor|pared|llave|ley|voz|luz|imagen|serie|'
    'vez|torre|nube|fuente|sangre|leche|nariz|cruz|señal|red|sal|piel|base|frase|fase')
_FEMININE_ONE = (rf'\s(?!(?:{_NO_NOUNS}|{_MASCULINE_A})\b)(?:[a-záéíóúüñ]+(?:a|ción|sión|dad|tad)'
                 rf'|{_FEMININE})(?![^\W\d_])')
_FEMININE_MANY = (
    rf'\s(?!(?:{_NO_NOUNS}|(?:{_MASCULINE_A})s)\b)(?:[a-záéíóúüñ]+(?:as|ciones|siones|dades|tades)'
    rf'|(?:{_FEMININE})e?s|luces|voces|imágenes|cruces|narices)(?![^\W\d_])|\sveces\b')
_MASCULINE_ONE = rf'\s(?!(?:{_NO_NOUNS})\b)[a-záéíóúüñ]{{3,}}(?![^\W\d_])'
_MASCULINE_MANY = (rf'\s(?!(?:{_NO_NOUNS})\b)[a-záéíóúüñ]{{2,}}s(?![^\W\d_])'
                   r'|\s(?:mil|euros)\b')
_KINGS = r'Felipe|Carlos|Alfonso|Fernando|Luis|Juan|Enrique|Pedro|Jaime|Sancho|Juan Pablo|' \
         r'Benedicto|Pío|Pablo|León|Francisco|Napoleón|Guillermo|Jorge|Eduardo|Ricardo'

_WORDS = {
    'decimal': 'coma', 'comma': 'coma', 'point': 'punto', 'minus': 'menos', 'plus': 'más',
    'plus_minus': 'más menos', 'to': 'a', 'by': 'por', 'and': 'y', 'dot': 'punto',
    'slash': 'barra', 'at': 'arroba', 'dash': 'guion', 'underscore': 'guion bajo',
    'colon': 'dos puntos', 'equals': 'igual a', 'times': 'por', 'divided': 'entre',
    'ratio': 'a', 'squared': 'al cuadrado', 'cubed': 'al cubo', 'power': 'elevado a {n}',
    'over': 'partido por', 'per': 'por {unit}', 'www': 'triple uve doble'}
_SIGNS = {
    '€': 'EUR', 'EUR': 'EUR', 'euros': 'EUR', '$': 'USD', 'US$': 'USD',
    'USD': 'USD', '£': 'GBP', 'GBP': 'GBP', '¥': 'JPY', 'JPY': 'JPY',
    '₹': 'INR', 'CHF': 'CHF', 'MXN': 'MXN', 'MX$': 'MXN', 'R$': 'BRL',
    'S/': 'PEN', 'CNY': 'CNY'}
_POINT = {'decimal': '.', 'groups': ', ', 'words': {**_WORDS, 'decimal': 'punto'}}

SPANISH = Language(
    tag='es',
    numbers=_NUMBERS,
    endings={
        '': ((r'veintiuno(?= (?:mil|bill))', 'veintiún'), (r'\buno(?= (?:mil|bill))', 'un')),
        'm': _WITHOUT_O,
        'f': ((r'uno$', 'una'), (r'(cient|quinient)os\b(?!.*ill[oó]n)', r'\1as'))},
    ordinal_endings={'f': ((r'o\b', 'a'), (r'^decimoa?', 'decimo')),
                     'short': ((r'(primer|tercer)o$', r'\1'),)},
    words=_WORDS,
    months=words_of('enero febrero marzo abril mayo junio julio agosto septiembre octubre '
                    'noviembre diciembre'),
    short_months={'ene.': 1, 'feb.': 2, 'mar.': 3, 'abr.': 4, 'may.': 5, 'jun.': 6, 'jul.': 7,
                  'ago.': 8, 'sept.': 9, 'sep.': 9, 'oct.': 10, 'nov.': 11, 'dic.': 12,
                  'setiembre': 9},
    days=words_of('lunes martes miércoles jueves viernes sábado domingo'),
    short_days={'lun.': 0, 'mar.': 1, 'mié.': 2, 'jue.': 3, 'vie.': 4, 'sáb.': 5, 'dom.': 6},
    date='{day} de {month} de {year}', day_and_month='{day} de {month}',
    between_date_parts='del? ', first_day='primero',
    before_day_and_month=r'\b(?:el|del|al|día|fecha) ',
    range_ends=(('[Dd]el', 'al'), ('[Dd]e las', 'a las')),
    clock=ClockWords('{h}', '{h} {m}', '{h} y {m}', '{h} horas, {m} minutos y {s} segundos',
                     form='f', after='hs?|hrs?', hour_signs='h'),
    before_one=(('f', _FEMININE_ONE), ('m', _MASCULINE_ONE)),
    before_many=(('f', _FEMININE_MANY), ('m', _MASCULINE_MANY)),
    uncounted=r'\b(?:[Ee]l|[Dd]el|[Aa]l|[Nn]úmero|[Cc]apítulo|[Pp]ágina|[Vv]ersión|[A-Z]{1,3})|\d',
    ordinal_marks=((r'\.?(?:er|\.er)(?![^\W\d_])', 'short'), (r'\.?ª', 'f'),
                   (rf'\.?º(?={_MASCULINE_ONE})', 'short'),
                   (r'\.?º', ''), (r'\.[oa](?![^\W\d_.])', '')),
    fractions=(('medio', 'medios'), ('tercio', 'tercios'), ('cuarto', 'cuartos'),
               ('quinto', 'quintos'), ('sexto', 'sextos'), ('séptimo', 'séptimos'),
               ('octavo', 'octavos'), ('noveno', 'novenos'), ('décimo', 'décimos')),
    halves=(('media', _FEMININE_ONE), ('medio', _MASCULINE_ONE)),
    half='{n} y medio',
    scales={'M': ('millón', 'millones'), 'mill.': ('millón', 'millones'),
            'millón': ('millón', 'millones'), 'millones': ('millón', 'millones'),
            'mil': ('mil', 'mil'), 'mil millones': ('mil millones', 'mil millones'),
            'billones': ('billón', 'billones'), 'k': ('mil', 'mil'), 'K': ('mil', 'mil')},
    of_millions='de ',
    elided=((r'\bmil de ', 'mil '),),
    currencies=currencies(_CURRENCIES),
    currency_signs=_SIGNS,
    money_with_parts='{whole} con {part}',
    units=nouns(_UNITS),
    abbreviations=pairs(_ABBREVIATIONS), closing=pairs(_CLOSING), numbered=pairs(_NUMBERED),
    roman_after='[Ss]iglos?|[Cc]apítulo|[Tt]omo|[Vv]olumen|[Tt]ítulo|[Aa]cto|[Pp]arte|[Gg]uerra '
                'Mundial|[Ff]ase|[Tt]ipo|[Nn]ivel|[Aa]nexo|Super Bowl',
    roman_before='[Cc]ongreso|[Ee]dición|[Cc]ertamen|[Ff]estival|[Jj]ornadas?|[Cc]umbre|'
                 'República|[Cc]onferencia|[Ff]eria|Guerra|[Aa]niversario',
    roman_names=_KINGS, roman_queens='Isabel|Catalina|Juana', roman_ordinals=10,
    phone_calls='[Tt]eléfono|[Tt]el|[Tt]fno|[Mm]óvil|[Ll]lam[ae](?: al)?|[Ll]lámenos al|[Ff]ax|'
                'o al|[Mm]arque(?: el)?|WhatsApp',
    symbols={'&': 'y', '@': 'arroba', '=': 'igual a', '+': 'más', '±': 'más menos', '×': 'por',
             '÷': 'entre', '≈': 'aproximadamente', '≠': 'distinto de', '<': 'menor que',
             '>': 'mayor que', '≤': 'menor o igual que', '≥': 'mayor o igual que',
             '%': 'por ciento', '§': 'sección', '©': 'copyright', '→': 'a',
             '∞': 'infinito', '√': 'raíz de',
             '€': 'euros', '$': 'dólares', '£': 'libras', '°': 'grados', '#': 'número'},
    before=((r'(?<=[€$])/(?=[^\W\d_]{4,})', ' por '), (r'(?<=\d)\s?º\s?(?=[CF]\b)', ' °'),
            (r'\b([Ll])as? (?=1:\d\d)', r'\1a '),
            (r'(?<=\d)\s?h\.(?=\s[a-z])', ' h'),
            # "y" is "e" before its own sound.
            (r'&(?=\s(?:[IiÍí]|[Hh][ií])(?![eE]))', 'e')),
    regions={
        **dict.fromkeys(words_of('US PR GT HN NI PA SV DO PE'), _POINT),
        'MX': {**_POINT, 'currency_signs': {**_SIGNS, '$': 'MXN'}},
        **{region: {'currency_signs': {**_SIGNS, '$': 'ARS'}}
           for region in words_of('AR CL CO UY CU')}})
