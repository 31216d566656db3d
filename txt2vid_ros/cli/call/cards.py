"""`txt2vid cards`: whose cards calls have left here, and forget them."""

from __future__ import annotations

import argparse
import datetime

from txt2vid_ros.call.store import CardStore
from txt2vid_ros.core.errors import UserError

SHORT = 8
"""Digits by which an identity is shown, and may be named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    actions.add_parser('list', help='whom there are cards of',
                       description='List the cards of others, the one used last first.')
    forget = actions.add_parser('forget', help='remove the cards of somebody, or of everybody',
                                description='Remove cards with their faces.')
    forget.add_argument('who', metavar='WHO', help='the first digits of what list shows, or "all"')


def run(arguments: argparse.Namespace) -> int:
    """Run a sub-command. Raises UserError."""
    store = CardStore()
    kept = [*store]
    if arguments.action == 'list':
        for card in kept:
            used = datetime.datetime.fromtimestamp(card.used).strftime('%Y-%m-%d')
            face = 'no face' if card.face is None else str(card.face)
            print(f'{card.identity[:SHORT]}  {used}  {card.head.name} ({card.head.locale}), '
                  f'{face}')
        return 0
    whole = {card.identity for card in kept}
    named = whole if arguments.who == 'all' else {
        identity for identity in whole if identity.startswith(arguments.who)}
    if not named or not arguments.who:
        raise UserError(f'there is no card of {arguments.who!r}', 'See: txt2vid cards list')
    if len(named) > 1 and arguments.who != 'all':
        raise UserError(f'{arguments.who!r} names {len(named)} of them', 'Give more digits.')
    print(f'{sum(map(store.forget, sorted(named)))} card(s) removed')
    return 0
