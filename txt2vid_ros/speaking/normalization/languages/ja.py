"""
Japanese: numbers in kanji, which voices read with their counters (三百 as sambyaku).

Where kanji would be read as another word, kana stand for them: 10分 is no 十分 ("enough").
"""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.language import (
    ClockWords,
    currencies,
    Language,
    nouns,
)
from txt2vid_ros.speaking.normalization.rule import words_of

_NUMBERS = """
%cardinal: 0: ゼロ; 一; 二; 三; 四; 五; 六; 七; 八; 九; 10: 十[>>]; 20: <<十[>>]; 100: 百[>>];
200: <<百[>>]; 1000: 千[>>]; 2000: <<千[>>]; 10000: <%leading<万[>>];
100000000: <%leading<億[>>]; 1000000000000: <%leading<兆[>>];
%leading: 0: =%cardinal=; 1000: 一千[>>]; 2000: =%cardinal=;
"""
_CURRENCIES = """
JPY | 円 | 円 | m
USD | ドル | ドル | m | セント | セント
EUR | ユーロ | ユーロ | m | セント | セント
GBP | ポンド | ポンド | m | ペンス | ペンス
CNY | 元 | 元 | m
INR | ルピー | ルピー | m
KRW | ウォン | ウォン | m
CHF | スイスフラン | スイスフラン | m
"""
_UNITS = """
% | パーセント
‰ | パーミル
°C | 度
°F | 華氏{n}度 | 華氏{n}度
° | 度
km | キロメートル
m | メートル
cm | センチ
mm | ミリ
nm | ナノメートル
km/h | 時速{n}キロ | 時速{n}キロ
m/s | 秒速{n}メートル | 秒速{n}メートル
m² m^2 m2 | 平方メートル
km² km^2 km2 | 平方キロメートル
cm² cm^2 cm2 | 平方センチ
m³ m^3 m3 | 立方メートル
cm³ cm^3 cm3 | 立方センチ
ha | ヘクタール
kg | キログラム
g | グラム
mg | ミリグラム
t | トン
l L | リットル
ml mL | ミリリットル
h | 時間
min | 分
s | 秒
ms | ミリ秒
kWh | キロワット時
kW | キロワット
MW | メガワット
W | ワット
V | ボルト
A | アンペア
Hz | ヘルツ
kHz | キロヘルツ
MHz | メガヘルツ
GHz | ギガヘルツ
kB KB | キロバイト
MB | メガバイト
GB | ギガバイト
TB | テラバイト
Mbps Mbit/s | メガビット毎秒
px | ピクセル
dB | デシベル
kcal | キロカロリー
"""
_SIGNS = {
    '¥': 'JPY', 'JPY': 'JPY', '$': 'USD', 'US$': 'USD', 'USD': 'USD', '€': 'EUR', 'EUR': 'EUR',
    '£': 'GBP', 'GBP': 'GBP', 'CNY': 'CNY', '₹': 'INR', '₩': 'KRW', 'CHF': 'CHF'}

JAPANESE = Language(
    tag='ja', spaces=False, decimal='.', groups=',', fraction_as_number=0,
    numbers=_NUMBERS,
    words={
        'decimal': '点', 'comma': '点', 'point': '点', 'minus': 'マイナス', 'plus': 'プラス',
        'plus_minus': 'プラスマイナス', 'to': 'から', 'by': 'かける', 'and': 'と', 'dot': 'ドット',
        'slash': 'スラッシュ', 'at': 'アットマーク', 'dash': 'ハイフン',
        'underscore': 'アンダーバー', 'colon': 'コロン', 'equals': 'イコール', 'times': 'かける',
        'divided': '割る', 'ratio': '対', 'squared': 'の二乗', 'cubed': 'の三乗',
        'power': 'の{n}乗', 'over': '分の', 'per': '毎{unit}', 'pause': '、', 'or': '、'},
    months=words_of('一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月'),
    days=words_of('月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日'),
    date='{year}年{month}{day}日', day_and_month='{month}{day}日', date_order='ymd',
    before_minus='[はがをにのらとへで、。：: （(]',
    clock=ClockWords('{h}時', '{h}時{m}分', '{h}時{m}分', '{h}時{m}分{s}秒'),
    denominator_first='{d}分の{n}',
    scales={scale: (scale, scale) for scale in words_of('万 億 兆')}, scale_form='leading',
    currencies=currencies(_CURRENCIES), currency_signs=_SIGNS,
    money_with_parts='{whole}{part}', name_parts=True,
    units=nouns(_UNITS),
    numbered={'No.': 'ナンバー', 'NO.': 'ナンバー', '№': 'ナンバー', '#': 'ナンバー',
              'p.': 'ページ', 'vol.': 'ボリューム'},
    phone_calls='(?:電話|TEL|Tel|FAX|内線|携帯)(?:番号)?(?:は)?',
    symbols={'&': 'アンド', '@': 'アットマーク', '=': 'イコール', '+': 'プラス',
             '±': 'プラスマイナス', '×': 'かける', '÷': '割る', '≈': '約', '≠': 'ノットイコール',
             '<': '小なり', '>': '大なり', '≤': '以下', '≥': '以上', '→': 'から', '∞': '無限大',
             '√': 'ルート', '¥': '円', '$': 'ドル', '€': 'ユーロ', '~': 'から', '〜': 'から'},
    before=((r'(?<![\d.:])10\s?(?:分(?!の)|min(?![A-Za-z]))', 'じゅっぷん'),
            (r'(?<=\d)[~〜-](?=\d+人)', 'から')),
    after=((r'時十分(?!の)', '時じゅっぷん'), (r'[（）]', '、'),
           *((rf'(?<=[\u3005-\u9fff])\s?{mark}\s?', wide) for mark, wide in (
               (',', '、'), (r'\.(?=\s|$)', '。'), (r'\?', '？'), ('!', '！'), (':', '：'),
               (';', '；'))),
           (r'、+(?=[、。！？]|$)', ''), (r'(?<=[。！？])、', '')))
