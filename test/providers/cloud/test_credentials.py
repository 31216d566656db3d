"""Keys: each thing that can be wrong with one is told apart, and none is ever shown."""

from __future__ import annotations

import io
import json
import logging
import os
from pathlib import Path
import pickle
import subprocess
import sys
import traceback

from cloud_keys import ServiceAccount
import pytest
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.credentials import Secret
from txt2vid_ros.providers.cloud.google.recognizer import GoogleRecognizer, GoogleRecognizerOptions
from txt2vid_ros.providers.cloud.google.voice import GoogleVoice, GoogleVoiceOptions
from txt2vid_ros.providers.cloud.http_call import HttpServer
from txt2vid_ros.providers.cloud.resemble.voice import ResembleOptions, ResembleVoice

KEY = 'sk-very-secret-0123456789'


def test_a_secret_shows_itself_to_nobody():
    secret = Secret(KEY)
    shown = f'{secret} {secret!r} {[secret]} {{secret: 1}}' + str(secret)
    assert KEY not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret.reveal() == KEY


def damaged(account: ServiceAccount, folder: Path, **changes: object) -> Path:
    content = {**account.content(), **changes}
    return written(folder, json.dumps({name: value for name, value in content.items()
                                       if value is not None}))


def written(folder: Path, content: str, mode: int = 0o600) -> Path:
    file = folder / 'given.json'
    file.write_text(content)
    file.chmod(mode)
    return file


GOOGLE = [
    (lambda account, folder: folder / 'nothing.json', 'there is no file'),
    (lambda account, folder: folder, 'is no file'),
    (lambda account, folder: written(folder, json.dumps(account.content()), 0o644),
     'can be read by others on this machine. Run: chmod 600'),
    (lambda account, folder: written(folder, json.dumps(account.content()), 0o640),
     'can be read by others'),
    (lambda account, folder: written(folder, 'x' * 100_000), 'too long'),
    (lambda account, folder: written(folder, account.private), 'is no JSON file'),
    (lambda account, folder: written(folder, '[1]'), 'is no key file of Google'),
    (lambda account, folder: damaged(account, folder, type='external'), 'is no key file'),
    (lambda account, folder: damaged(account, folder, client_email=None), 'lacks a part'),
    (lambda account, folder: damaged(account, folder, private_key=account.private[:300]),
     'private key is damaged'),
    (lambda account, folder: ServiceAccount(folder, 'other').file, 'are not accepted')]


@pytest.mark.parametrize(('make', 'says'), GOOGLE, ids=[says for _, says in GOOGLE])
def test_googles_are_told_apart(google, account, tmp_path, monkeypatch, make, says):
    file = make(account, tmp_path)
    for build in (lambda: GoogleVoice(options=GoogleVoiceOptions(credentials=file)),
                  lambda: GoogleRecognizer(options=GoogleRecognizerOptions(credentials=file))):
        with pytest.raises(UserError, match=says) as caught:
            build().load()
        assert '\n' not in str(caught.value)
    # Named by the environment, that is what it names.
    monkeypatch.setenv('GOOGLE_APPLICATION_CREDENTIALS', str(file))
    with pytest.raises(UserError, match=says):
        GoogleVoice().load()


def test_googles_that_are_missing_or_have_expired_are_told(google, account, monkeypatch):
    google.expired.add(account.id)
    with pytest.raises(UserError, match='have expired'):
        GoogleVoice().load()
    monkeypatch.delenv('GOOGLE_APPLICATION_CREDENTIALS')
    with pytest.raises(UserError, match='there are no Google credentials'):
        GoogleVoice().load()


@pytest.mark.parametrize(('content', 'mode', 'says'), [
    (KEY, 0o604, 'can be read by others'), ('', 0o600, 'holds no API key'),
    ('two words', 0o600, 'holds no API key'), ('schlüssel', 0o600, 'holds no API key'),
    (KEY, 0o600, 'is not accepted')])
def test_resembles_are_told_apart(resemble, tmp_path, content, mode, says):
    file = written(tmp_path, content, mode)
    with pytest.raises(UserError, match=says) as caught:
        ResembleVoice('Grace', options=ResembleOptions(api_key_file=file)).load()
    assert '\n' not in str(caught.value)
    assert KEY not in str(caught.value)


def told(work) -> str:
    """Return all that a debugger, a log or a terminal would show of a fault of `work`."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        work()
        fault = 'none'
    except (UserError, ProviderError) as error:
        logging.exception('it failed')
        fault = ''.join(traceback.TracebackException.from_exception(
            error, capture_locals=True).format()) + repr(error) + repr(vars(error))
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(before)
    return log.getvalue() + fault


def test_no_key_is_in_any_fault_of_resembles_even_with_its_variables(resemble, tmp_path):
    config = written(tmp_path, json.dumps({
        'voices': {'Anna': {'token': resemble.key, 'voice_id': 'aaaa1111'}}}))
    (tmp_path / 'broken').mkdir()
    broken = written(tmp_path / 'broken', json.dumps(
        {'voices': {'Anna': {'token': resemble.key}}}))
    shown = [told(ResembleVoice('Anna', options=ResembleOptions(config=broken)).load),
             told(ResembleVoice('Nobody', options=ResembleOptions(config=config)).load),
             told(ResembleVoice('Anna', options=ResembleOptions(
                 config=config, account='http://127.0.0.1:1')).load)]
    voice = ResembleVoice('Anna', options=ResembleOptions(config=config, timeout=0.3))
    voice.load()
    for trouble in (Trouble(error=500, says=resemble.key), Trouble(cut=True, after=1),
                    Trouble(delay=60), Trouble(body=b'<html>')):
        resemble.troubles.coming.append(trouble)
        shown.append(told(lambda: list(voice.synthesize('Yes.', lambda: False))))
    resemble.expired = True
    shown.append(told(lambda: list(voice.synthesize('Yes.', lambda: False))))
    voice.close()
    for text in [*shown, repr(voice), repr(vars(voice)), repr(voice.capabilities)]:
        assert resemble.key not in text
    assert all('Error' in text for text in shown)


def test_no_key_is_in_any_fault_of_googles_even_with_its_variables(google, account, tmp_path):
    line = account.private.splitlines()[1]
    shown = [told(GoogleVoice('Nobody').load),
             told(GoogleVoice(options=GoogleVoiceOptions(credentials=damaged(
                 account, tmp_path, private_key=account.private[:300]))).load),
             told(GoogleRecognizer('tlh').load)]
    google.expired.add(account.id)
    shown += [told(GoogleVoice().load), told(GoogleRecognizer().load)]
    for text in shown:
        assert line not in text
        assert 'Error' in text
        # Nor a token made with it.
        assert 'Bearer ey' not in text


def test_no_key_is_in_what_a_program_prints(resemble):
    """As a user would see it at the terminal, with the client library's own log at its most."""
    resemble.expired = True
    done = subprocess.run(
        [sys.executable, '-X', 'dev', '-c',
         'import http.client, logging; logging.basicConfig(level=0)\n'
         'from txt2vid_ros.providers.cloud.resemble.voice import ResembleVoice\n'
         "ResembleVoice('Grace').load()"],
        env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)
    assert 'UserError: the Resemble API key has expired' in done.stderr
    assert resemble.key not in done.stdout + done.stderr


@pytest.mark.parametrize(('address', 'shown'), [
    (f'http://anna:{KEY}@example.org/v1', "'http://example.org/...'"),
    (f'ftp://anna:{KEY}@example.org', "'ftp://example.org'"),
    (f'https://anna:{KEY}/@example.org', "'https://...'"),
    (f'https://anna:{KEY}@[example.org', "'https://[example.org'"),
    (f'anna:{KEY}@example.org', "'(not a URL)'")])
def test_a_password_in_an_address_is_not_shown(address, shown):
    with pytest.raises(UserError) as caught:
        HttpServer(address, 'the server', 1.0, 'endpoint')
    assert KEY not in str(caught.value) and f'endpoint is {shown}' in str(caught.value)
