"""`txt2vid doctor`: what is installed, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json

from txt2vid_ros.core.address import parse_address
from txt2vid_ros.doctor.checks import check_all, Finding, MISSING
from txt2vid_ros.doctor.cloud_checks import check_cloud
from txt2vid_ros.doctor.voice_checks import check_live_voices


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--json', action='store_true', help='print one JSON object')
    parser.add_argument('--http', default='127.0.0.1:8080', metavar='HOST:PORT',
                        help='address for viewers (%(default)s)')
    parser.add_argument('--cloud', action='store_true',
                        help='also test the cloud services for which there are keys; each voice '
                        'says a word twice, which costs money')
    parser.add_argument('--measure', action='store_true',
                        help='measure again how fast the voices are that take most of a core')


def run(arguments: argparse.Namespace) -> int:
    """Check everything; return 1 if something that the default graph needs is missing."""
    findings = []
    checks = check_all(parse_address(arguments.http, '--http',
                                     'For example: --http 127.0.0.1:8080'))
    for finding in itertools.chain(
            checks, check_live_voices(again=arguments.measure),
            check_cloud() if arguments.cloud else ()):
        findings.append(finding)
        if not arguments.json:
            print(_line(finding), flush=True)
    missing = [finding for finding in findings if finding.status == MISSING]
    if arguments.json:
        print(json.dumps({'ok': not missing, 'checks': [
            dataclasses.asdict(finding) for finding in findings]}, indent=2))
    elif missing:
        print(f'\n{len(missing)} missing; each line says what to do.')
    else:
        print('\nEverything that is needed is here.')
    return 1 if missing else 0


def _line(finding: Finding) -> str:
    """Return a finding as one line with its status in the first column."""
    remedy = f'. {finding.remedy[:1].upper()}{finding.remedy[1:]}' if finding.remedy else ''
    detail = ' '.join(finding.detail.split())
    return f'{finding.status:8}{finding.subject:10}{detail}{remedy}'
