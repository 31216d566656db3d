"""`txt2vid call`: talk with somebody over a thin link; each end sees the other's face speak."""

from __future__ import annotations

import argparse
import getpass
import sys

from txt2vid_ros import graph
from txt2vid_ros.cli import live
from txt2vid_ros.cli.parser import CommandParser
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import NAMESPACE

OF_LIVE = ('http', 'token', 'insecure', 'tts', 'stt', 'engine', 'mic', 'device', 'input',
           'loudspeaker', 'window', 'record', 'mode', 'web', 'width', 'height', 'fps')
"""Options that mean here what they mean to `txt2vid live`."""
QUESTION = ('May {peer} have your face, as it is in {file}? Whoever has received a face has it, '
            'and can make it speak. [y/N] ')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    end = parser.add_mutually_exclusive_group(required=True)
    end.add_argument('--listen', metavar='HOST:PORT', help='wait there for the other end')
    end.add_argument('--peer', metavar='HOST:PORT', help='call the end that waits there')
    parser.add_argument('--key', default='', metavar='FILE', help='key that both ends share, whom '
                        'it tells apart: txt2vid link keygen FILE; needed beyond this machine')
    parser.add_argument('--me', default='', metavar='FILE', help='picture or clip of your face')
    parser.add_argument('--share-face', action='store_true', help='send it, without asking first')
    parser.add_argument('--name', default=None, help='what the other end is told to call you '
                        '(your login name)')
    parser.add_argument('--locale', default='en', metavar='TAG', help='the language that you '
                        'speak, as BCP 47 tag (%(default)s)')
    parser.add_argument('--voice', default='', metavar='PROVIDER:VOICE,...', help='voices that '
                        'speak for you there, the favourite first')
    parser.add_argument('--accept-face', default='', choices=('none', 'pictures', 'clips'),
                        help='the faces that are taken (clips)')
    parser.add_argument('--face-budget', type=int, default=None, metavar='BYTES',
                        help='of your face as it is sent (30000)')
    parser.add_argument('--send-delay', type=float, default=None, metavar='SECONDS',
                        help='in which what was recognized can be corrected on the page (0)')
    parser.add_argument('--link', default='udp', choices=[each for each in graph.LINKS
                                                          if each != graph.TOPIC],
                        help='what carries it (%(default)s)')
    parser.add_argument('--rate', default='', metavar='BITS', help='limit in bits per second')
    parser.add_argument('--namespace', default=NAMESPACE, help='of its topics (%(default)s)')
    parser.add_argument('--param', action='append', default=[], metavar='NODE.NAME=VALUE',
                        help='set a parameter of a node; may be repeated')
    for name in OF_LIVE:
        argument = graph.ARGUMENTS[name]
        parser.add_argument(f'--{name}', default=argument.default, metavar='VALUE',
                            help=argument.description)


def run(arguments: argparse.Namespace) -> int:
    """Run until somebody hangs up, Ctrl-C, or a failure. Raises UserError."""
    shares = _shares(arguments)
    words = [
        '--graph', 'call', '--namespace', arguments.namespace, '--link', arguments.link,
        '--link-address', arguments.listen or arguments.peer, '--link-key', arguments.key,
        '--link-rate', arguments.rate, '--listen', 'true' if arguments.listen else 'false',
        '--me', arguments.me, '--share-face', 'true' if shares else 'false',
        f'--my-name={_name(arguments.name)}', '--my-locale', arguments.locale,
        '--my-voice', arguments.voice, '--accept-face', arguments.accept_face]
    for name in OF_LIVE:
        words += [f'--{name}={getattr(arguments, name)}']
    for name, value in (('call.face_budget', arguments.face_budget),
                        ('link.send_delay', arguments.send_delay)):
        if value is not None:
            words += ['--param', f'{name}={value}']
    for setting in arguments.param:
        words += ['--param', setting]
    parser = CommandParser(prog='txt2vid call')
    live.add_arguments(parser)
    return live.run(parser.parse_args(words))


def _name(given: str | None) -> str:
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ''  # A user without a name: the peer gets the node's own word.


def _shares(arguments: argparse.Namespace) -> bool:
    """Return whether the peer may have the face; asks where that was not said. Raises."""
    if not arguments.me:
        if arguments.share_face:
            raise UserError('--share-face needs --me FILE', 'Name a picture or clip of your face.')
        return False
    if arguments.share_face:
        return True
    if not sys.stdin.isatty():
        print('txt2vid: your face stays here; --share-face lets the other end have it',
              file=sys.stderr)
        return False
    peer = arguments.peer or 'whoever has the key'
    answer = input(QUESTION.format(peer=peer, file=arguments.me))
    return answer.strip().lower() in ('y', 'yes')
