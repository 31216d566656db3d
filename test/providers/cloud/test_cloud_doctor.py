"""`txt2vid doctor --cloud` says which services can be used, how soon they answer, and why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from fake_openai import Answer, FakeOpenAi
import pytest
from txt2vid_ros.doctor.cloud_checks import check_cloud


def doctor(*words):
    """Run the command as a program; return its output and its cloud findings."""
    done = subprocess.run(
        [sys.executable, '-m', 'txt2vid_ros.cli.main', 'doctor', '--cloud', '--json', *words],
        env=dict(os.environ), capture_output=True, text=True, check=False, timeout=120)
    return done, [each for each in json.loads(done.stdout)['checks']
                  if each['subject'] in ('google', 'resemble')]


@pytest.fixture(autouse=True)
def gone(certificate):
    """Have the programs that are run trust the fakes."""


def test_services_with_keys_are_asked(google, resemble):
    done, found = doctor()
    assert [each['status'] for each in found] == ['ok', 'ok', 'ok'], done.stdout
    ear, voice, other = (each['detail'] for each in found)
    assert 'speech to text' in ear and 'round trip' in ear and ear.endswith('ms')
    assert 'text to speech' in voice and 'first sound after' in voice
    assert '3 voices' in other and 'first sound after' in other
    assert resemble.key not in done.stdout + done.stderr


def test_without_keys_nothing_is_asked(google, resemble, monkeypatch):
    monkeypatch.delenv('GOOGLE_APPLICATION_CREDENTIALS')
    monkeypatch.delenv('RESEMBLE_API_KEY')
    _, found = doctor()
    assert [each['status'] for each in found] == ['note', 'note']
    assert 'GOOGLE_APPLICATION_CREDENTIALS is not set' in found[0]['detail']
    assert not resemble.connections and not google.streams


def test_what_is_wrong_is_said_and_the_status_tells_a_script(google, resemble, account):
    google.expired.add(account.id)
    resemble.expired = True
    done, found = doctor()
    assert done.returncode == 1
    assert [each['status'] for each in found] == ['missing'] * 3
    assert 'have expired' in found[0]['detail']
    assert 'have expired' in found[1]['detail']
    assert 'API key has expired' in found[2]['detail']
    assert found[2]['remedy'].startswith('Make a new one')


def test_no_network_is_told_as_that(google, resemble):
    google.stop()
    _, found = doctor()
    assert 'cannot be reached' in found[0]['detail']
    assert 'cannot be reached' in found[1]['detail']
    assert found[2]['status'] == 'ok'


@pytest.fixture
def server(monkeypatch):
    """Return a speech server of one's own, which OPENAI_BASE_URL names."""
    fake = FakeOpenAi(key='sk-of-mine')
    monkeypatch.setenv('OPENAI_BASE_URL', fake.address)
    monkeypatch.setenv('OPENAI_API_KEY', fake.key)
    yield fake
    fake.close()


def openai():
    """Return what is found of the server: statuses and details."""
    found = [each for each in check_cloud() if each.subject == 'openai']
    assert 'sk-of-mine' not in str(found)
    return [each.status for each in found], [each.detail for each in found]


def test_a_server_with_openais_interface_is_asked_for_voice_and_ear(server):
    states, details = openai()
    assert states == ['ok'] * 3
    assert 'has 1 model: tiny' in details[0] and 'first sound after' in details[1]
    assert 'speech to text: connected' in details[2]
    assert server.asked('/v1/audio/speech') and server.asked('/v1/audio/transcriptions')
    # One that has several models, of which none is named, and one that cannot speak.
    server.models = ['tiny', 'tts']
    states, details = openai()
    assert states == ['ok', 'note', 'note'] and 'no model' in details[1]
    server.models = ['tiny']
    server.speech = [Answer(404, b'{"detail": "Not Found"}')] * 4
    assert openai()[0] == ['ok', 'note', 'ok']


def test_a_wrong_key_and_a_server_that_is_gone_are_told(server, monkeypatch):
    monkeypatch.setenv('OPENAI_API_KEY', 'sk-of-somebody')
    states, details = openai()
    assert states == ['missing'] and 'refuses the key' in details[0]
    server.close()
    states, details = openai()
    assert states == ['missing'] and 'cannot be reached' in details[0]
    monkeypatch.delenv('OPENAI_API_KEY')
    monkeypatch.delenv('OPENAI_BASE_URL')
    states, details = openai()
    assert states == ['note'] and 'neither OPENAI_API_KEY nor OPENAI_BASE_URL' in details[0]
