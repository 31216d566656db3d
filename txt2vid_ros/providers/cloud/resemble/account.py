"""A Resemble account: whether its key is good, which voices it has, what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterable
import difflib
import json
from typing import Any

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.credentials import endpoint_of, Secret
from txt2vid_ros.providers.cloud.http_call import HttpServer, StatusError

SERVICE = 'Resemble'
ACCOUNT = 'https://app.resemble.ai'
ACCOUNT_VARIABLE = 'TXT2VID_RESEMBLE_ACCOUNT'
PAGE_SIZE, MAX_PAGES = 100, 20
"""Voices on a page of the list, and pages that are read."""
MAX_PAGE_BYTES = 4 << 20


class ResembleAccount:
    """The account that a key belongs to."""

    def __init__(self, address: str, key: Secret, timeout: float) -> None:
        """Take the server's address, empty for the usual one. Raises UserError."""
        self._key = key
        self._server = HttpServer(endpoint_of(address, ACCOUNT_VARIABLE, ACCOUNT),
                                  SERVICE, timeout, 'tts.resemble.account')

    def voices(self) -> dict[str, str]:
        """
        Return the names of the voices, in lower case, with their ids.

        Raises UserError where the key is not accepted, and ProviderError.
        """
        found: dict[str, str] = {}
        try:
            for number in range(1, MAX_PAGES + 1):
                page = self._page(number)
                found |= {str(item['name']).lower(): str(item['uuid']) for item in page['items']}
                if number >= int(page.get('num_pages') or 1):
                    break
        except StatusError as refused:
            raise provider_error(refused) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProviderError(f'{SERVICE} sent a list of voices that cannot be read',
                                retriable=True) from None
        finally:
            self._server.close()
        return found

    def unknown(self, voice: str, names: Iterable[str]) -> UserError:
        """Return the error of a voice that does not exist, with similar names."""
        known = sorted(set(names))
        near = difflib.get_close_matches(voice.lower(), known, n=5, cutoff=0.4) or known[:5]
        problem = (f'tts.voice: Resemble has no voice {voice!r} for this key' if voice else
                   'tts.voice: Resemble has no default voice')
        return UserError(problem, f'Near ones: {", ".join(near)}.' if near else
                         'The account has none: make one at app.resemble.ai/voices.')

    def _page(self, number: int) -> Any:
        answer = b''
        call = self._server.call(
            'GET', f'/api/v2/voices?page={number}&page_size={PAGE_SIZE}',
            lambda: {'Authorization': f'Token token={self._key.reveal()}'})
        for part in call.answer():
            answer += part
            if len(answer) > MAX_PAGE_BYTES:
                break
        return json.loads(answer)


def provider_error(refused: StatusError) -> UserError | ProviderError:
    """Return what an HTTP status of the service means; the service's own words are left out."""
    status, words = refused.status, refused.body.lower()
    if status in (401, 403):
        if 'expired' in words:
            return UserError('the Resemble API key has expired',
                             'Make a new one at app.resemble.ai/account/api.')
        return UserError('the Resemble API key is not accepted',
                         'Copy it again from app.resemble.ai/account/api.')
    if status == 402:
        return ProviderError(f'{SERVICE} says that the account has no quota left (402)',
                             retriable=False)
    if status == 429:
        return ProviderError(f'{SERVICE} says that this was too much at once (429)',
                             retriable=True)
    if status >= 500 or status == 408:
        return ProviderError(f'{SERVICE} failed ({status})', retriable=True)
    return ProviderError(f'{SERVICE} does not take the request ({status})', retriable=False)
