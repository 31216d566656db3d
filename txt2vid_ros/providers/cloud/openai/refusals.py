"""
What a server with OpenAI's interface says of a request that it refuses.

Its own text is never shown, since it may quote the key or what was to be said; it is only searched
for what it is about. OpenAI answers {"error": {"message", "type", "param", "code"}}, FastAPI's
servers {"detail": TEXT}, {"detail": {"message": ...}} or, for a field that cannot be,
{"detail": [{"loc": ["body", FIELD], "msg": ...}]}.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

RETRIABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may succeed a moment later."""
_CODE = re.compile(r'[a-z][a-z0-9_.-]{1,39}')
_ABSENT = re.compile(r"not (found|installed|exist|available|supported|a valid)|n't exist|unknown|"
                     'invalid|unsupported|no such|required|missing|available|should be|must be|'
                     'could not load|one of')
_FORMAT = re.compile(r'response_format|format|\bpcm\b|\bwav\b')


def error_code(body: str) -> str:
    """Return the code of an error where it is one word, and so nothing of what was said."""
    with contextlib.suppress(ValueError, AttributeError):
        error = json.loads(body).get('error')
        for name in ('code', 'type'):
            code = error.get(name)
            if isinstance(code, str) and _CODE.fullmatch(code):
                return code
    return ''


def about(body: str) -> str:
    """Return 'voice', 'model' or 'format', whichever a refusal is about, or ''."""
    found, fields = _told(body)
    for field, name in (('voice', 'voice'), ('model', 'model'), ('response_format', 'format')):
        if field in fields:
            return name
    if found and _ABSENT.search(found):
        for name in ('voice', 'model'):
            if name in found:
                return name
    return 'format' if _FORMAT.search(found) else ''


def _told(body: str) -> tuple[str, set[str]]:
    """Return the messages of an error, in lower case, and the fields that it names."""
    try:
        content = json.loads(body)
    except ValueError:
        # Plain text, or a text that is cut; a web page says nothing of the request.
        return ('' if body.lstrip().startswith('<') else body.lower()), set()
    messages: list[str] = []
    fields: set[str] = set()
    each = content if isinstance(content, dict) else {}
    for part in (each.get('error'), each.get('detail'), each):
        _gather(part, messages, fields)
    return ' '.join(messages).lower(), fields


def _gather(part: Any, messages: list[str], fields: set[str]) -> None:
    if isinstance(part, str):
        messages.append(part)
    elif isinstance(part, dict):
        messages += [part[name] for name in ('message', 'msg', 'code')
                     if isinstance(part.get(name), str)]
        if isinstance(part.get('param'), str):
            fields.add(part['param'])
        if isinstance(part.get('loc'), list) and part['loc']:
            fields.add(str(part['loc'][-1]))
    elif isinstance(part, list):
        for one in part:
            _gather(one, messages, fields)
