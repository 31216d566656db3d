"""What is said of a URL that is pushed to shows no password, no stream key and no token."""

from __future__ import annotations

import logging

import pytest
from rig import Rig, until
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.output.sinks import url_options
from txt2vid_ros.web.rtc.push import endpoint

SECRETS = ('hunter22', 'k3y-of-m1ne', 't0kent0ken')


def shows_none(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize('scheme', ['gopher', 'rtmp:', 'rtmp', ''])
def test_an_address_that_is_wrong_is_not_repeated(scheme: str) -> None:
    url = f'{scheme}://user:hunter22@a.example:x/live/k3y-of-m1ne?token=t0kent0ken'
    checks = [endpoint] if scheme == 'rtmp' else [endpoint, url_options]
    for check in checks:
        with pytest.raises(UserError) as caught:
            check(url)
        assert shows_none(str(caught.value))


@pytest.mark.parametrize('url', [
    'whip://user:hunter22@[a.example/k3y-of-m1ne', 'whip://user:hunter22@a.example:99999/x',
    'whip:///k3y-of-m1ne'])
def test_a_whip_address_that_cannot_be_parsed_is_an_error_of_the_user(url: str) -> None:
    with pytest.raises(UserError, match='is no WHIP address') as caught:
        endpoint(url)
    assert shows_none(str(caught.value))


def test_a_push_that_fails_names_its_host_alone(
        caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.media.output.sinks.PUSH_ATTEMPTS', 2)
    place = f'127.0.0.1:{free_port()}'
    with caplog.at_level(logging.DEBUG), Rig(
            push=f'rtmp://user:hunter22@{place}/live/k3y-of-m1ne?token=t0kent0ken') as rig:
        until(lambda: bool(rig.reports))
    assert f'rtmp://{place}/...' in rig.reports[0] and 'retrying' in caplog.text
    assert shows_none(rig.reports[0]) and shows_none(caplog.text)
