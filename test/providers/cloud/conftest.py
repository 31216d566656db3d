"""The fake clouds, with keys to them, and an environment that has none of the user's."""

import os
import secrets

from cloud_keys import Certificate, ServiceAccount
from fake_google import FakeGoogle
from fake_resemble import FakeResemble
from loading import loading
import pytest
from txt2vid_ros.providers.cloud.google.voice import GoogleVoice, GoogleVoiceOptions

CLOUD = ('GOOGLE_APPLICATION_CREDENTIALS', 'RESEMBLE_API_KEY', 'OPENAI_API_KEY',
         'OPENAI_BASE_URL')


@pytest.fixture(autouse=True)
def no_own_keys(monkeypatch):
    """Keep the user's keys, and with them the real services, out of the tests."""
    for name in CLOUD:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope='session')
def certificate(tmp_path_factory):
    """Return the fakes' certificate; gRPC trusts it from its first channel on."""
    made = Certificate(tmp_path_factory.mktemp('certificate'))
    os.environ['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'] = str(made.file)
    return made


@pytest.fixture(scope='session')
def account(tmp_path_factory):
    return ServiceAccount(tmp_path_factory.mktemp('account'))


@pytest.fixture
def google(certificate, account, monkeypatch):
    fake = FakeGoogle(certificate, account)
    monkeypatch.setenv('GOOGLE_APPLICATION_CREDENTIALS', str(account.file))
    monkeypatch.setenv('TXT2VID_GOOGLE_STT_ENDPOINT', fake.address)
    monkeypatch.setenv('TXT2VID_GOOGLE_TTS_ENDPOINT', fake.address)
    yield fake
    fake.stop()


@pytest.fixture
def resemble(monkeypatch):
    fake = FakeResemble(secrets.token_urlsafe(24))
    monkeypatch.setenv('RESEMBLE_API_KEY', fake.key)
    monkeypatch.setenv('TXT2VID_RESEMBLE_ENDPOINT', fake.address)
    monkeypatch.setenv('TXT2VID_RESEMBLE_ACCOUNT', fake.address)
    yield fake
    fake.close()


@pytest.fixture
def voice(google):
    """Return a function that loads one of Google's voices, and close what it made."""
    with loading(lambda name='', speed=1.0, **options: GoogleVoice(
            name, speed, GoogleVoiceOptions(**options))) as load:
        yield load
