"""`txt2vid say`: have a running talking head say something."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import time

from txt2vid_ros.cli.parser import add_graph_arguments, text_argument, told
from txt2vid_ros.core.decoding.text_encoding import read_stream, read_text
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.speaking.clauses import compose, speakable
from txt2vid_ros.speaking.paragraphs import paragraphs, sayable

DISCOVERY_SECONDS = 0.3
"""Seconds in which recorders of all topics discover the new publisher."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('text', nargs='?', type=text_argument('the text'),
                        help='what to say; "-" reads standard input, paragraph by paragraph')
    parser.add_argument('--file', type=Path, help='say a text file, paragraph by paragraph')
    parser.add_argument('--speaker', default='', type=text_argument('--speaker'),
                        help='speaker id from people.yaml')
    parser.add_argument('--locale', default='', type=text_argument('--locale'),
                        help='language of the text, as es or pt-BR; without it, it is recognized')
    parser.add_argument('--interrupt', action='store_true',
                        help='interrupt the current speech first')
    parser.add_argument('--peer', action='store_true',
                        help='in a call: say it to the other end, where its voice is')
    parser.add_argument('--no-wait', action='store_true', help='do not wait until it is said')
    add_graph_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Say the texts; return 0 once they have been said."""
    texts = _texts(arguments)
    if texts and not any(speakable(compose(text)) for text in texts):
        raise UserError('there is nothing to pronounce in the text', 'Give words or numbers.')
    if arguments.peer:
        return _to_peer(arguments, texts)
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    with SpeechClient(arguments.namespace) as client:
        client.wait_connected(arguments.timeout)
        if arguments.interrupt:
            client.interrupt()
        if texts:
            time.sleep(DISCOVERY_SECONDS)
        utterances = []
        for text in texts:
            if not speakable(compose(text)):
                continue
            utterances.append(client.say(text, arguments.speaker, arguments.locale))
            if arguments.no_wait:
                continue
            if not client.wait_ended(utterances[-1], timeout=30.0 + len(text)):
                raise UserError('the talking head did not finish saying it',
                                'See the output of its tts node.')
            if client.wait_begun(utterances[-1], 0.0) is None:
                raise UserError('the talking head did not say it',
                                'See the output of its tts node.')
        if arguments.no_wait and not all(
                client.wait_begun(utterance, 5.0) or client.wait_ended(utterance, 0.1)
                for utterance in utterances[:1]):
            raise UserError('the talking head does not speak',
                            'See the output of its tts node.')
    return 0


def _to_peer(arguments: argparse.Namespace, texts: list[str]) -> int:
    """Give the texts to the link of a call. Raises UserError."""
    if arguments.speaker or arguments.interrupt:
        raise UserError('--peer goes without --speaker and --interrupt',
                        'What you say in a call is yours, and sounds at the other end.')
    from txt2vid_ros.ros.side.text_client import send_texts
    send_texts(arguments.namespace, [text for text in texts if speakable(compose(text))],
               arguments.timeout)
    return 0


def _texts(arguments: argparse.Namespace) -> list[str]:
    """Return the texts to say, one utterance each. Raises UserError."""
    if arguments.file is not None:
        found = paragraphs(told(read_text(arguments.file, '--file')), arguments.locale)
        if not found:
            raise UserError(f'--file {arguments.file} is empty', 'Give a text file.')
        return found
    if arguments.text == '-':
        return paragraphs(told(read_stream(sys.stdin.buffer, 'standard input')),
                          arguments.locale) or ['']
    if arguments.text is None:
        if arguments.interrupt:
            return []
        raise UserError('there is nothing to say', 'Give a text, or --file FILE.')
    return sayable(arguments.text, arguments.locale)
