"""Portuguese, of Brazil where nothing says otherwise (Acordo Ortográfico, 1990)."""

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
%cardinal: 0: zero; um; dois; três; quatro; cinco; seis; sete; oito; nove; dez; onze; doze; treze;
catorze; quinze; dezesseis; dezessete; dezoito; dezenove; 20: vinte[ e >>]; 30: trinta[ e >>];
40: quarenta[ e >>]; 50: cinquenta[ e >>]; 60: sessenta[ e >>]; 70: setenta[ e >>];
80: oitenta[ e >>]; 90: noventa[ e >>]; 100: cem; 101: cento e >>; 200: duzentos[ e >>];
300: trezentos[ e >>]; 400: quatrocentos[ e >>]; 500: quinhentos[ e >>]; 600: seiscentos[ e >>];
700: setecentos[ e >>]; 800: oitocentos[ e >>]; 900: novecentos[ e >>]; 1000: mil[>%e>];
2000: << mil[>%e>]; 1000000: um milhão[>%e>]; 2000000: << milhões[>%e>];
1000000000: um bilhão[>%e>]; 2000000000: << bilhões[>%e>]; 1000000000000: um trilhão[>%e>];
2000000000000: << trilhões[>%e>];
%e: 0: =%cardinal=; 1: ' e =%cardinal=; 101: ' =%cardinal=; 200: ' e =%cardinal=;
201: ' =%cardinal=; 300: ' e =%cardinal=; 301: ' =%cardinal=; 400: ' e =%cardinal=;
401: ' =%cardinal=; 500: ' e =%cardinal=; 501: ' =%cardinal=; 600: ' e =%cardinal=;
601: ' =%cardinal=; 700: ' e =%cardinal=; 701: ' =%cardinal=; 800: ' e =%cardinal=;
801: ' =%cardinal=; 900: ' e =%cardinal=; 901: ' =%cardinal=;
%ordinal: 0: zero; primeiro; segundo; terceiro; quarto; quinto; sexto; sétimo; oitavo; nono;
10: décimo[ >>]; 20: vigésimo[ >>]; 30: trigésimo[ >>]; 40: quadragésimo[ >>];
50: quinquagésimo[ >>]; 60: sexagésimo[ >>]; 70: septuagésimo[ >>]; 80: octogésimo[ >>];
90: nonagésimo[ >>]; 100: centésimo[ >>]; 200: ducentésimo[ >>]; 300: =%cardinal=;
1000: milésimo[ >>]; 2000: =%cardinal=;
"""
_EUROPEAN = (
    _NUMBERS.replace('dezesseis', 'dezasseis').replace('dezessete', 'dezassete')
    .replace('dezenove', 'dezanove')
    .replace('1000000000: um bilhão[>%e>]; 2000000000: << bilhões[>%e>];', '')
    .replace('um trilhão', 'um bilião').replace('trilhões', 'biliões'))
_CURRENCIES = """
BRL | real | reais | m | centavo | centavos
EUR | euro | euros | m | centavo | centavos
USD | dólar | dólares | m | centavo | centavos
GBP | libra | libras | f | pêni | pence
CHF | franco suíço | francos suíços | m | cêntimo | cêntimos
JPY | iene | ienes | m
CNY | yuan | yuans | m
INR | rupia | rupias | f
"""
_UNITS = """
hPa | hectopascal | hectopascais
% | por cento | | n
‰ | por mil | | n
°C | grau Celsius | graus Celsius
°F | grau Fahrenheit | graus Fahrenheit
° | grau | graus
km Km | quilômetro | quilômetros
m | metro | metros
cm | centímetro | centímetros
mm | milímetro | milímetros
nm | nanômetro | nanômetros
km/h | quilômetro por hora | quilômetros por hora
m/s | metro por segundo | metros por segundo
m² m^2 m2 | metro quadrado | metros quadrados
km² km^2 km2 | quilômetro quadrado | quilômetros quadrados
cm² cm^2 cm2 | centímetro quadrado | centímetros quadrados
m³ m^3 m3 | metro cúbico | metros cúbicos
cm³ cm^3 cm3 | centímetro cúbico | centímetros cúbicos
ha | hectare | hectares
kg Kg | quilo | quilos
g | grama | gramas
mg | miligrama | miligramas
t | tonelada | toneladas | f
l L | litro | litros
ml mL | mililitro | mililitros
cl | centilitro | centilitros
h | hora | horas | f
min | minuto | minutos
s seg | segundo | segundos
ms | milissegundo | milissegundos
kWh | quilowatt-hora | quilowatts-hora
kW | quilowatt | quilowatts
MW | megawatt | megawatts
W | watt | watts
V | volt | volts
A | ampere | amperes
Hz | hertz
kHz | quilo-hertz
MHz | mega-hertz
GHz | giga-hertz
kB KB | quilobyte | quilobytes
MB | megabyte | megabytes
GB | gigabyte | gigabytes
TB | terabyte | terabytes
Mbps Mbit/s | megabit por segundo | megabits por segundo
px | pixel | pixels
dB | decibel | decibéis
kcal | quilocaloria | quilocalorias | f
cv | cavalo | cavalos
"""
_ABBREVIATIONS = """
Sr. | senhor
Sra. | senhora
Srs. | senhores
Sras. | senhoras
Srta. | senhorita
D. | dom
Dr. | doutor
Dra. | doutora
Drs. | doutores
Prof. | professor
Profa. | professora
Prof.ª | professora
Eng. | engenheiro
Exmo. | excelentíssimo
Exma. | excelentíssima
V. Exa. | Vossa Excelência
V. Ex.ª | Vossa Excelência
Sto. | santo
Sta. | santa
Gen. | general
Cel. | coronel
Cap. | capitão
p. ex. | por exemplo
Av. | avenida
av. | avenida
R. | rua
Pça. | praça
tel. | telefone
aprox. | aproximadamente
máx. | máximo
mín. | mínimo
obs. | observação
vs. | contra
vs | contra
i.e. | isto é
"""
_CLOSING = """
etc. | et cétera
a.C. | antes de Cristo
d.C. | depois de Cristo
Cia. | companhia
Ltda. | limitada
S.A. | esse a
EUA | Estados Unidos
"""
_NUMBERED = """
n.º | número
nº | número
n° | número
n.os | números
№ | número
# | número
pág. | página
págs. | páginas
p. | página
pp. | páginas
art. | artigo
arts. | artigos
cap. | capítulo
fig. | figura
vol. | volume
km. | quilômetro
"""
_NO_NOUNS = (
    'para|de|do|da|dos|das|em|no|na|nos|nas|por|pelo|pela|com|sem|que|se|e|ou|a|o|as|os|ao|à|às'
    '|é|era|está|foi|vai|há|tem|já|mais|menos|mas|depois|antes|agora|nada|cada|contra|ainda|além'
    '|hora em|até|após|entre|sobre|são|eram|foram|seja|fica|falta|chega|ganha|custa|anos-luz')
_MASCULINE_A = 'dia|problema|sistema|programa|tema|idioma|planeta|mapa|clima|poema|grama|drama|' \
               'diploma|quilograma|cinema|sofá|artista'
_FEMININE = 'mulher|noite|tarde|parte|mão|foto|moto|flor|chave|lei|voz|luz|vez|torre|nuvem|cor|' \
            'classe|colher|fonte|ponte|rede|série|tribo|cruz|frase|base|sede|cidade'
_FEMININE_ONE = (rf'\s(?!(?:{_NO_NOUNS}|{_MASCULINE_A})\b)'
                 rf'(?:[a-záâãàéêíóôõúç]+(?:a|ção|são|dade|gem)|{_FEMININE})(?![^\W\d_])')
_FEMININE_MANY = (
    rf'\s(?!(?:{_NO_NOUNS}|(?:{_MASCULINE_A})s)\b)(?:[a-záâãàéêíóôõúç]+(?:as|ções|sões|dades|gens)'
    rf'|(?:{_FEMININE})s|mulheres|flores|vozes|luzes|vezes|cores|cruzes|mãos|nuvens'
    rf'|colheres)(?![^\W\d_])')
_ORDERED = (
    'andar|lugar|colocado|classificado|prêmio|prémio|grau|capítulo|século|aniversário|turno|tempo'
    '|dia|mês|ano|trimestre|semestre|bimestre|grupo|nível|distrito|batalhão|artigo|ato|round'
    '|período|jogo|gol|golo|episódio|congresso|encontro|concurso|festival|filho|passo')
_WORDS = {
    'decimal': 'vírgula', 'comma': 'vírgula', 'point': 'ponto', 'minus': 'menos', 'plus': 'mais',
    'plus_minus': 'mais ou menos', 'to': 'a', 'by': 'por', 'and': 'e', 'dot': 'ponto',
    'slash': 'barra', 'at': 'arroba', 'dash': 'hífen', 'underscore': 'sublinhado',
    'colon': 'dois pontos', 'equals': 'igual a', 'times': 'vezes', 'divided': 'dividido por',
    'ratio': 'a', 'squared': 'ao quadrado', 'cubed': 'ao cubo', 'power': 'elevado a {n}',
    'over': 'sobre', 'per': 'por {unit}', 'www': 'dáblio dáblio dáblio'}
_SIGNS = {
    'R$': 'BRL', 'BRL': 'BRL', 'reais': 'BRL', '€': 'EUR', 'EUR': 'EUR', 'euros': 'EUR',
    '$': 'USD', 'US$': 'USD', 'USD': 'USD', '£': 'GBP', 'GBP': 'GBP', '¥': 'JPY', 'JPY': 'JPY',
    '₹': 'INR', 'CHF': 'CHF', 'CNY': 'CNY'}

PORTUGUESE = Language(
    tag='pt',
    numbers=_NUMBERS,
    endings={'f': ((r'\bum\b(?!.*ilh)', 'uma'), (r'\bdois\b(?!.*ilh)', 'duas'),
                   (r'entos\b(?!.*ilh)', 'entas'))},
    ordinal_endings={'f': ((r'o\b', 'a'),)},
    words=_WORDS,
    months=words_of('janeiro fevereiro março abril maio junho julho agosto setembro outubro '
                    'novembro dezembro'),
    short_months={'jan.': 1, 'fev.': 2, 'mar.': 3, 'abr.': 4, 'jun.': 6, 'jul.': 7, 'ago.': 8,
                  'set.': 9, 'out.': 10, 'nov.': 11, 'dez.': 12},
    days=words_of('segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado '
                  'domingo'),
    short_days={'seg.': 0, 'ter.': 1, 'qua.': 2, 'qui.': 3, 'sex.': 4, 'sáb.': 5, 'dom.': 6},
    date='{day} de {month} de {year}', day_and_month='{day} de {month}',
    between_date_parts='de ', first_day='primeiro',
    before_day_and_month=r'\b(?:[Dd]ia|[Ee]m|[Aa]té|[Dd]esde|[Nn]o dia) ',
    range_ends=(('[Dd]o', 'ao'), ('[Dd]as', 'às')),
    clock=ClockWords('{h} horas', '{h} e {m}', '{h} e {m}',
                     '{h} horas, {m} minutos e {s} segundos', one='{h} hora',
                     form='f', after='hs?|horas', hour_signs='hH'),
    before_one=(('f', _FEMININE_ONE),), before_many=(('f', _FEMININE_MANY),),
    uncounted=r'\b(?:[Oo]|[Dd]o|[Nn]o|[Aa]o|[Nn]úmero|[Cc]apítulo|[Pp]ágina|[Vv]ersão'
              r'|[A-Z]{1,3})|\d',
    ordinal_marks=((r'\.?ª', 'f'), (r'\.?º', ''),
                   (rf'°(?=\s(?:{_ORDERED})(?![^\W\d_])|\se\s[oa]\s\d+[°º])', '')),
    fractions=(('meio', 'meios'), ('terço', 'terços'), ('quarto', 'quartos'),
               ('quinto', 'quintos'), ('sexto', 'sextos'), ('sétimo', 'sétimos'),
               ('oitavo', 'oitavos'), ('nono', 'nonos'), ('décimo', 'décimos')),
    halves=(('meia', _FEMININE_ONE), ('meio', rf'\s(?!(?:{_NO_NOUNS})\b)[a-zà-ÿ]{{3,}}')),
    half='{n} e meio',
    scales={'mi': ('milhão', 'milhões'), 'milhão': ('milhão', 'milhões'),
            'milhões': ('milhão', 'milhões'), 'bi': ('bilhão', 'bilhões'),
            'bilhão': ('bilhão', 'bilhões'), 'bilhões': ('bilhão', 'bilhões'),
            'trilhões': ('trilhão', 'trilhões'), 'mil': ('mil', 'mil')},
    of_millions='de ', elided=((r'\bmil de ', 'mil '),),
    currencies=currencies(_CURRENCIES), currency_signs=_SIGNS,
    money_with_parts='{whole} e {part}', name_parts=True,
    units=nouns(_UNITS),
    abbreviations=pairs(_ABBREVIATIONS), closing=pairs(_CLOSING), numbered=pairs(_NUMBERED),
    roman_after='[Ss]éculos?|[Cc]apítulo|[Tt]omo|[Vv]olume|[Aa]to|[Pp]arte|[Tt]ítulo|[Tt]ipo|'
                '[Nn]ível|[Ff]ase|Guerra Mundial',
    roman_before='[Cc]ongresso|[Ee]dição|[Ff]estival|República|[Ss]imfósio|[Ee]ncontro|Guerra|'
                 '[Cc]onferência|[Ss]emana',
    roman_names='João|Pedro|Luís|Luiz|Carlos|Henrique|Filipe|Afonso|Manuel|José|Napoleão|Paulo|'
                'João Paulo|Bento|Pio|Jorge|Eduardo|Guilherme|Ricardo|Sancho|Francisco|Leão',
    roman_queens='Maria|Isabel|Catarina|Elizabeth', roman_ordinals=10,
    phone_calls='[Tt]elefone|[Tt]el|[Ll]igue(?: para)?|[Dd]isque|[Ff]ax|[Cc]elular|WhatsApp|'
                '[Cc]hame',
    symbols={'&': 'e', '@': 'arroba', '=': 'igual a', '+': 'mais', '±': 'mais ou menos',
             '×': 'vezes', '÷': 'dividido por', '≈': 'aproximadamente', '≠': 'diferente de',
             '<': 'menor que', '>': 'maior que', '≤': 'menor ou igual a',
             '≥': 'maior ou igual a', '%': 'por cento', '§': 'parágrafo', '©': 'copyright',
             '→': 'para', '∞': 'infinito', '√': 'raiz de', '€': 'euros', '$': 'dólares',
             '£': 'libras', '°': 'graus', '#': 'número'},
    before=((r'(?<=[€$])/(?=[^\W\d_]{4,})', ' por '), (r'(?<=\d)\s?º\s?(?=[CF]\b)', ' °')),
    regions={'PT': {'numbers': _EUROPEAN, 'currencies': {
        **currencies(_CURRENCIES),
        **currencies('EUR | euro | euros | m | cêntimo | cêntimos')}}})
