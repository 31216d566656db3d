"""Mandarin Chinese, in simplified and traditional characters (GB/T 15835 for figures)."""

from __future__ import annotations

from typing import Any

from txt2vid_ros.speaking.normalization.language import (
    ClockWords,
    currencies,
    Language,
    nouns,
    pairs,
)
from txt2vid_ros.speaking.normalization.rule import words_of

_NUMBERS = """
%cardinal: 0: 零; 一; 二; 三; 四; 五; 六; 七; 八; 九; 10: 十[>>]; 20: <<十[>>];
100: <<百[>%tens>]; 1000: <%leading<千[>%hundreds>]; 10000: <%leading<万[>%thousands>];
100000000: <%leading<亿[>%millions>];
%leading: 0: =%cardinal=; 2: 两; 3: =%cardinal=;
%tens: 0: 零; 1: 零=%cardinal=; 10: 一=%cardinal=; 20: =%cardinal=;
%hundreds: 0: 零; 1: 零=%cardinal=; 10: 零一=%cardinal=; 20: 零=%cardinal=; 100: =%cardinal=;
%thousands: 0: 零; 1: 零=%cardinal=; 10: 零一=%cardinal=; 20: 零=%cardinal=;
1000: =%cardinal=;
%millions: 0: 零; 1: 零=%cardinal=; 10: 零一=%cardinal=; 20: 零=%cardinal=;
10000000: =%cardinal=;
%phone: 0: 零; 幺; 二; 三; 四; 五; 六; 七; 八; 九;
"""
_CURRENCIES = """
CNY | 元 | 元 | m
USD | 美元 | 美元 | m
EUR | 欧元 | 欧元 | m
GBP | 英镑 | 英镑 | m
JPY | 日元 | 日元 | m
HKD | 港元 | 港元 | m
TWD | 新台币 | 元新台币 | m
INR | 卢比 | 卢比 | m
CHF | 瑞士法郎 | 瑞士法郎 | m
"""
_UNITS = """
% | 百分之{n} | 百分之{n} | n
‰ | 千分之{n} | 千分之{n} | n
°C | 摄氏度 | 摄氏度 | n
°F | 华氏度 | 华氏度 | n
° | 度 | 度 | n
km | 公里
m | 米
cm | 厘米
mm | 毫米
nm | 纳米
km/h | 公里每小时
m/s | 米每秒
m² m^2 m2 | 平方米
km² km^2 km2 | 平方公里
cm² cm^2 cm2 | 平方厘米
m³ m^3 m3 | 立方米
cm³ cm^3 cm3 | 立方厘米
ha | 公顷
kg | 公斤
g | 克
mg | 毫克
t | 吨
l L | 升
ml mL | 毫升
h | 小时
min | 分钟
s | 秒
ms | 毫秒
kWh | 千瓦时
kW | 千瓦
MW | 兆瓦
W | 瓦
V | 伏
Hz | 赫兹
kHz | 千赫
MHz | 兆赫
GHz | 吉赫
kB KB | 千字节
MB | 兆字节
GB | 吉字节
TB | 太字节
Mbps Mbit/s | 兆比特每秒
px | 像素
dB | 分贝
kcal | 千卡
"""
_COUNTED = (
    r'\s?(?:个|位|名|人(?!民|类|工)|年(?!级|代|前会)|天|周|星期|小时|分钟|点(?!\d)|岁|次|本|张|条|只|件|家|块|元|座|辆|台|杯'
    r'|瓶|种|套|双|对|把|间|首|篇|部|场|届|口|头|匹|棵|朵|顶|门|份|架|艘|袋|盒|碗|盘|句|页|米|公里|公斤|斤|吨|升|克'
    r'|厘米|倍|美元|欧元|英镑|日元|万|亿|千|百万|平方|立方|多|半|遍|趟|顿|声|步|代|国|者|支|枝|根|片|颗|滴|层楼高)')
_SCALES = words_of('万 亿 万亿 千万 百万 千 百 兆')


def _fields(written: Any) -> dict[str, Any]:
    """Return the fields whose words are written in one kind of characters."""
    words = {
        'decimal': '点', 'comma': '点', 'point': '点', 'minus': '负', 'less': '减', 'plus': '加',
        'plus_minus': '正负', 'to': '到', 'by': '乘', 'and': '又', 'dot': '点', 'slash': '斜杠',
        'at': '艾特', 'dash': '杠', 'underscore': '下划线', 'colon': '冒号', 'equals': '等于',
        'times': '乘', 'divided': '除以', 'ratio': '比', 'squared': '的平方', 'cubed': '的立方',
        'power': '的{n}次方', 'over': '分之', 'per': '每{unit}', 'pause': '，', 'or': '，'}
    symbols = {
        '&': '和', '@': '艾特', '=': '等于', '+': '加', '±': '正负', '×': '乘', '÷': '除以',
        '≈': '约等于', '≠': '不等于', '<': '小于', '>': '大于', '≤': '小于等于', '≥': '大于等于',
        '§': '第', '→': '到', '∞': '无穷', '√': '根号', '¥': '元', '$': '美元', '€': '欧元',
        '~': '到', '〜': '到'}
    return {
        'numbers': written(_NUMBERS), 'endings': {'m': ((r'^二$', written('两')),)},
        'words': {name: written(word) for name, word in words.items()},
        'symbols': {sign: written(word) for sign, word in symbols.items()},
        'clock': ClockWords(
            written('{h}点'), written('{h}点{m}分'), written('{h}点零{m}分'),
            written('{h}点{m}分{s}秒'), second_form=''),
        'before_many': (('m', f'{_COUNTED}|{written(_COUNTED)}'),),
        'scales': {scale: (scale, scale) for scale in (*_SCALES, *map(written, _SCALES))},
        'currencies': currencies(written(_CURRENCIES)), 'units': nouns(written(_UNITS)),
        'numbered': pairs('No. | 第\nNO. | 第\n№ | 第\n# | 第')}


_TRADITIONAL = str.maketrans(
    '两点万亿负斜杠下划线号冒等于除约无穷根号镑欧币币卢摄华纳厘毫顷吨秒瓦赫吉节兆时钟兹岁张条只个块场届辆台杯种双对间'
    '篇门艘盘页倍国颗层顿声艾线',
    '兩點萬億負斜槓下劃線號冒等於除約無窮根號鎊歐幣幣盧攝華納釐毫頃噸秒瓦赫吉節兆時鐘茲歲張條隻個塊場屆輛臺杯種雙對間'
    '篇門艘盤頁倍國顆層頓聲艾線')
_SIGNS = {
    '¥': 'CNY', '元': 'CNY', 'CNY': 'CNY',
    'RMB': 'CNY', '$': 'USD', 'US$': 'USD', 'USD': 'USD', '€': 'EUR',
    'EUR': 'EUR', '£': 'GBP', 'GBP': 'GBP', 'JPY': 'JPY', 'HK$': 'HKD', 'HKD': 'HKD',
    'NT$': 'TWD', 'TWD': 'TWD', '₹': 'INR', 'CHF': 'CHF'}
_WRITTEN_TRADITIONALLY = _fields(lambda text: text.translate(_TRADITIONAL))

CHINESE = Language(
    tag='zh', spaces=False, decimal='.', groups=',', fraction_as_number=0,
    months=words_of('一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月'),
    days=words_of('星期一 星期二 星期三 星期四 星期五 星期六 星期日'),
    date='{year}年{month}{day}日', day_and_month='{month}{day}日', date_order='ymd',
    before_minus='[是为為到至低温溫约約在达達了，。、：: （(]',
    years_by_digits=True, year_contexts=('', r'\s?年'),
    uncounted='第|星期|周|[号號]|[A-Za-z]',
    denominator_first='{d}分之{n}',
    scale_form='m', currency_signs=_SIGNS, decimal_money=True,
    phone_calls='(?:电话|電話|拨打|撥打|致电|致電|请拨|請撥|热线|熱線|手机|手機)(?:号码|號碼|号|號)?(?:是|为)?',
    digitwise='[路室]|号房|號房|次列车|次航班',
    before=((r'(?<=[元块塊])/(?=[\u4e00-\u9fff])', '每'),
            (r'(?<!\d)[-−](?=\d+(?:\.\d+)?\s?(?:°C|°|度))', '零下'),
            (r'(?<!\d)(\d\d\d\d)[/.-](\d\d?)月', r'\1年\2月')),
    after=((r'[（）]', '，'),
           *((rf'(?<=[\u3005-\u9fff])\s?{mark}\s?', wide) for mark, wide in (
               (',', '，'), (r'\.(?=\s|$)', '。'), (r'\?', '？'), ('!', '！'), (':', '：'),
               (';', '；'))),
           (r'，+(?=[，。！？；：、]|$)', ''), (r'(?<=[。！？；：、])，', '')),
    regions=dict.fromkeys(('TW', 'HK', 'MO', 'HANT'), _WRITTEN_TRADITIONALLY),
    **_fields(str))
