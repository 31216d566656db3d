"""What both Google services share: credentials, the channel, and what their errors mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.grpc import AuthMetadataPlugin
from google.auth.transport.requests import Request
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account
import grpc
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.credentials import google_key_file, read_key_file

SCOPES = ('https://www.googleapis.com/auth/cloud-platform',)
# By default the pause between attempts to connect grows to two minutes; a service that is back is
# wanted sooner.
_CHANNEL = [('grpc.initial_reconnect_backoff_ms', 200), ('grpc.max_reconnect_backoff_ms', 2000),
            ('grpc.max_receive_message_length', 32 << 20)]

# By status code: what to say, and whether the same request may succeed a moment later.
_ERRORS = {
    'DEADLINE_EXCEEDED': ('took too long', True),
    'UNAVAILABLE': ('cannot be reached, or is overloaded', True),
    'RESOURCE_EXHAUSTED': ('says that the quota is used up', False),
    'INTERNAL': ('failed', True),
    'UNKNOWN': ('failed', True),
    'ABORTED': ('broke off', True),
    'CANCELLED': ('broke off', True),
    'DATA_LOSS': ('broke off', True),
}
_PERMISSIONS = {
    'SERVICE_DISABLED': 'Enable the API in the project: console.cloud.google.com/apis/library',
    'BILLING_DISABLED': 'Enable billing for the project.',
    'CONSUMER_INVALID': 'The project of the credentials does not exist any more.',
}


def connect(endpoint: str, key_file: Path) -> grpc.Channel:
    """Return a channel to a service at HOST or HOST:PORT, over TLS. Raises UserError."""
    credentials = _credentials(key_file)
    target = endpoint if ':' in endpoint else f'{endpoint}:443'
    return grpc.secure_channel(target, grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(),
        grpc.metadata_call_credentials(AuthMetadataPlugin(credentials, Request()))), _CHANNEL)


def provider_error(error: Exception, service: str) -> UserError | ProviderError:
    """
    Return what an error of Google's client means to the user.

    The service's own words are left out: they may repeat the text to be said.
    """
    if isinstance(error, GoogleAuthError):
        return _refused(service, expired='invalid_grant' in str(error))
    known = exceptions.from_grpc_error(error) if isinstance(error, grpc.RpcError) else error
    code = getattr(getattr(known, 'grpc_status_code', None), 'name', 'UNKNOWN')
    reason = str(getattr(known, 'reason', None) or '')
    if code == 'UNAUTHENTICATED':
        return _refused(service, expired='EXPIRED' in reason)
    if code == 'PERMISSION_DENIED':
        return UserError(f'{service}: the Google credentials have no permission for it',
                         _PERMISSIONS.get(reason, 'Give the account a role that has it.'))
    if code == 'UNAVAILABLE' and 'plugin' in str(known) and 'invalid_grant' in str(known):
        # Credentials that need a token of their own fail where the client asks for one.
        return _refused(service, expired=True)
    what, retriable = _ERRORS.get(code, ('does not take the request', False))
    if reason == 'RATE_LIMIT_EXCEEDED':
        what, retriable = 'says that this was too much at once (quota)', True
    return ProviderError(f'{service} {what} ({code.lower()})', retriable=retriable)


def _refused(service: str, expired: bool) -> UserError:
    if expired:
        return UserError(f'{service}: the Google credentials have expired',
                         "Make new ones; or this machine's clock is wrong.")
    return UserError(f'{service}: the Google credentials are not accepted',
                     'The key may have been deleted; make a new one.')


def _credentials(option: Path) -> Any:
    """Return the client library's credentials. Raises UserError."""
    path, source = google_key_file(option)
    found, problem = _parsed(path, source)
    if problem:
        # Raised here, where no variable holds what is in the file.
        raise UserError(f'{source}: {path} {problem}',
                        'Download a JSON key of a service account; see docs/cloud.md.')
    return found


def _parsed(path: Path, source: str) -> tuple[Any, str]:
    """Return the credentials in a file, or what is wrong with it."""
    secret = read_key_file(path, source)
    try:
        info = json.loads(secret.reveal())
        kind = info.get('type') if isinstance(info, dict) else None
        if kind == 'service_account':
            return service_account.Credentials.from_service_account_info(
                info, scopes=SCOPES).with_always_use_jwt_access(True), ''
        if kind == 'authorized_user':
            return user_credentials.Credentials.from_authorized_user_info(info, SCOPES), ''
    except json.JSONDecodeError:
        return None, 'is no JSON file'
    except (ValueError, KeyError, TypeError, GoogleAuthError):
        return None, 'lacks a part of the key, or its private key is damaged'
    return None, 'is no key file of Google (its "type" is neither service_account nor ' \
                 'authorized_user)'
