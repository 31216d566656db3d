"""
Takes markup out of a text: Markdown (CommonMark, with the tables of GFM) and HTML.

What is markup is not read aloud, and what it separates stays apart: headings, list items, cells.
Nothing of it reaches a voice, so no link target can be taken for something to pronounce.
"""

from __future__ import annotations

import html
import re

from txt2vid_ros.speaking.normalization.rule import words_of

_ELEMENTS = ('a|abbr|article|aside|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del'
             '|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr'
             '|html|i|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|p|pre|q|s|samp|script'
             '|section|small|span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th'
             '|thead|title|tr|tt|u|ul|var|video|wbr')
_BLOCKS = frozenset(words_of(
    'article aside blockquote body br caption dd details div dl dt figcaption figure footer '
    'form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul'))
_CELLS = frozenset(('td', 'th'))
_UNSEEN = re.compile(r'<(script|style|head|title)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!doctype[^<>]*>',
                     re.IGNORECASE | re.DOTALL)
_POWER = re.compile(r'(?<=[\d\w)])<sup>\s*(-?\d+)\s*</sup>', re.IGNORECASE)
_ATTRIBUTES = (r'(?:\s+(?:[\w:-]+=(?:"[^"<>]*"|\'[^\'<>]*\'|[^\s"\'<>]+)'
               r'|disabled|checked|hidden|controls|async|defer|required|open|loop|muted))*')
_TAG = re.compile(rf'</?({_ELEMENTS}){_ATTRIBUTES}\s*/?>', re.IGNORECASE)
_SSML = frozenset(('speak', 'prosody', 'emphasis', 'say-as', 'phoneme', 'voice', 'break'))
_CLOSING = re.compile(r'</([A-Za-z][\w:-]*)\s*>')
_ANY_TAG = re.compile(rf'</?([A-Za-z][\w:-]*){_ATTRIBUTES}\s*/?>')
# A gap to fill in, which is read: "Dear <name>".
_PLACEHOLDER = re.compile(r'(?<!\w)<([A-Za-z][\w -]{0,30})>(?!\w)')
_AUTOLINK = re.compile(r'<((?:https?://|mailto:)?[^\s<>@]+(?:@|\.)[^\s<>]+)>')
_ENTITY = re.compile(r'&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});')
_FENCE = re.compile(r'^ {0,3}(?:```+|~~~+).*$', re.MULTILINE)
# A line across the page, or under a heading.
_RULE = re.compile(r'^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|=+|-{2,})$', re.MULTILINE)
_HEADING = re.compile(r'^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$', re.MULTILINE)
_QUOTE = re.compile(r'^ {0,3}(?:>\s?)+', re.MULTILINE)
# The target of a reference: "[1]: https://example.com".
_DEFINITION = re.compile(r'^ {0,3}\[[^\]\n]+\]:\s*\S+.*$', re.MULTILINE)
_BULLET = re.compile(r'^[ \t]*[-*+•‣◦▪●○–]\s+(?:\[[ xX]\]\s+)?', re.MULTILINE)
_TABLE_RULE = re.compile(r'^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*$',
                         re.MULTILINE)
_TABLE_ROW = re.compile(r'^[ \t]*\|(.*?)\|?[ \t]*$', re.MULTILINE)
_IMAGE = re.compile(r'!\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+"[^"]*")?\)')
_LINK = re.compile(r'\[([^\[\]]+)\]\(\s*(?:<[^<>]*>|(?:[^()\n]|\([^()\n]*\))*)\s*\)')
_REFERENCE = re.compile(r'\[([^\[\]]+)\]\[[^\[\]]*\]')
_FOOTNOTE = re.compile(r'\[\^[^\[\]]+\]')
# "as shown [3, 5-7]".
_CITATION = re.compile(r'(?<=[\w.,;:!?)])\s?\[[1-9]\d*(?:\s?[,–-]\s?\d+)*\]'
                       r'(?!\(|\s?[=+*/\[.]|\sis\b)')
_MATH = re.compile(r'(?<![\w$])\$\$?(?=[^$\n]{0,80}[\\^_={}])(?=[^\d\s])'
                   r'([^$\n]{1,120}?)\$\$?(?!\d)'
                   r'|\\[(\[]([^\n]{1,120}?)\\[)\]]')
_HIGHLIGHT = re.compile(r'(?<!\S)==(?=\S)([^=\n]+)==(?!=)')
# The number and the times of a subtitle (SubRip, WebVTT).
_SUBTITLE_TIME = re.compile(r'^\d+\n(?=\d\d:\d\d:)|^\d\d:\d\d:\d\d[,.]\d{3} --> .*$', re.MULTILINE)
_SIGNS = {'times': '×', 'cdot': '·', 'le': '≤', 'leq': '≤', 'ge': '≥', 'geq': '≥',
          'ne': '≠', 'neq': '≠',
          'approx': '≈', 'pm': '±', 'infty': '∞', 'to': '→', 'rightarrow': '→', 'div': '÷'}
_CODE = re.compile(r'(`+)(?!`)(.+?)(?<!`)\1(?!`)')
_STRONG = re.compile(r'(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1')
_EMPHASIS = re.compile(r'(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?![\w*])'
                       r'|(?<![\w_])_(?=[^\s_])([^_\n]+?)(?<=\S)_(?![\w_])')
_ESCAPE = re.compile(r'\\([\\`*_{}\[\]()#+\-.!|~>])(?!\w)')


def strip_markup(text: str) -> str:
    """Return the words of a text with Markdown or HTML; line breaks separate its parts."""
    return _markdown(_html(text))


def _html(text: str) -> str:
    text = _POWER.sub(r'^\1', _UNSEEN.sub(' ', text))
    text = _TAG.sub(_tag, text)
    closed = {name.lower() for name in _CLOSING.findall(text)} | _SSML
    text = _ANY_TAG.sub(lambda match: ' ' if match[1].lower() in closed else match[0], text)
    text = _PLACEHOLDER.sub(r'\1', _AUTOLINK.sub(r'\1', text))
    return _ENTITY.sub(lambda match: html.unescape(match[0]).replace('\xa0', ' '), text)


def _tag(match: re.Match[str]) -> str:
    name = match[1].lower()
    if name in _BLOCKS:
        return '\n'
    return ', ' if name in _CELLS and match[0].startswith('</') else ''


def _markdown(text: str) -> str:
    text = _TABLE_RULE.sub('\n', _FENCE.sub('\n', _SUBTITLE_TIME.sub('', text)))
    text = _RULE.sub('\n', _DEFINITION.sub('', text))
    text = _QUOTE.sub('', text)
    text = _HEADING.sub(r'\n\1\n', text)
    text = _TABLE_ROW.sub(_row, text)
    text = _BULLET.sub('\n', text)
    text = _IMAGE.sub(r'\1', text)
    # A link may be within another's text, as an image is.
    for _ in range(2):
        text = _LINK.sub(r'\1', text)
    text = _CITATION.sub('', _FOOTNOTE.sub('', _REFERENCE.sub(r'\1', text)))
    text = _HIGHLIGHT.sub(r'\1', text)
    text = _MATH.sub(lambda match: _formula(match[1] or match[2]), text)
    text = _CODE.sub(r'\2', text)
    for _ in range(2):
        text = _STRONG.sub(r'\2', text)
    text = _EMPHASIS.sub(lambda match: match[1] or match[2], text)
    return _ESCAPE.sub(r'\1', text)


def _formula(formula: str) -> str:
    """Return a formula in LaTeX as it would be written without it."""
    formula = re.sub(r'\\frac\{([^{}]*)\}\{([^{}]*)\}', r'\1 over \2', formula)
    formula = re.sub(r'\\sqrt\{([^{}]*)\}', r'√\1', formula)
    for name, sign in _SIGNS.items():
        formula = re.sub(rf'\\{name}\b', sign, formula)
    return re.sub(r'\\([a-zA-Z]+)', r' \1 ', re.sub(r'[{}]|\\[,;! ]', '', formula))


def _row(match: re.Match[str]) -> str:
    """Return the cells of a table's row as a line of their own."""
    cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', match[1])]
    return '\n' + ', '.join(cell for cell in cells if cell) + '\n'
