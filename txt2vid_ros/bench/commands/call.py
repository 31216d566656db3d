"""What a call costs: its dialogue, and the card that is sent once."""

from __future__ import annotations

import argparse
from pathlib import Path
import tempfile
from typing import Any

import numpy as np
from txt2vid_ros.bench.call.simulation import CallSimulation, SaidTurn
from txt2vid_ros.bench.commands import link
from txt2vid_ros.bench.link import dialogue
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.simulation import SimulatedNetwork
from txt2vid_ros.call.card import Card
from txt2vid_ros.call.face.making import make_face
from txt2vid_ros.call.options import CallOptions
from txt2vid_ros.core.people import NamedVoice
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT

RATES = {'300': 300.0, '2400': 2400.0, '64000': 64_000.0}
LONGEST = 4 * 3600.0
"""Simulated seconds after which a face is not waited for any more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--text', type=Path, default=link.DEFAULT_TEXT, metavar='FILE',
                        help='one utterance a line (default: a conversation that no model was '
                        'tuned on)')
    parser.add_argument('--wpm', type=float, default=150.0, help='words a minute (%(default)s)')
    parser.add_argument('--face', type=Path, default=BUILT_IN_PORTRAIT, metavar='FILE',
                        help='picture or clip on the card (the built-in portrait)')
    parser.add_argument('--face-budget', type=int, default=30_000, metavar='BYTES',
                        help='of the face (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures, all of simulated networks: exact to the bit."""
    conversation = link.read(arguments.text, arguments.wpm)
    *preview, card = (
        Card.of('Anna', 'en', (NamedVoice('hibari', 'oak'),), make_face(arguments.face, budget))
        for budget in CallOptions(face_budget=arguments.face_budget).budgets())
    clean, bad = (dialogue.played(conversation, network)
                  for network in (link.PATH, link.BAD_PATH))
    oneway = {name: link.one_way(conversation, network)
              for name, network in (('', link.PATH), ('_20_percent_lost', link.BAD_PATH))}
    with tempfile.TemporaryDirectory() as folder:
        cards = {name: _card(card, preview, rate, conversation, Path(folder, name))
                 for name, rate in RATES.items()}
    return {
        'wire_bps': oneway['']['wire_bps'],
        'wire_bps_20_percent_lost': oneway['_20_percent_lost']['wire_bps'],
        'bits_per_char': oneway['']['bits_per_char'],
        'dialogue_bps': clean['dialogue_bps'],
        'dialogue_bps_20_percent_lost': bad['dialogue_bps'],
        'card_bytes': len(card.pack()),
        'preview_bytes': len(preview[0].pack()) if preview else None,
        'card_bytes_known': _known_bytes(card),
        'time_to_face_s': {name: figures['time_to_face_s'] for name, figures in cards.items()},
        'cards': cards}


def _card(card: Card, preview: list[Card], rate: float, conversation: Conversation,
          folder: Path) -> dict[str, Any]:
    """Send a card beside the dialogue, said again and again; return when the face is there."""
    network = SimulatedNetwork(delay=0.05)
    beside = CallSimulation(network, LinkConfig(rate=rate), folder / 'beside', card,
                            preview=preview[0] if preview else None)
    alone = CallSimulation(network, LinkConfig(rate=rate), folder / 'alone', card.without_face())
    for call in (beside, alone):
        for number, (text, seconds) in enumerate(zip(
                conversation.texts, conversation.durations, strict=True)):
            call.say(SaidTurn(bool(number % 2), text, seconds))
    beside.run(LONGEST, lambda: beside.seconds_to_whole_face is not None)
    beside.run(30.0)
    alone.run(30.0)
    return {'time_to_face_s': beside.seconds_to_face,
            'time_to_whole_face_s': beside.seconds_to_whole_face,
            **{f'speech_delay_ms_p50{name}': float(np.median(call.delays) * 1000)
               for name, call in (('', beside), ('_without', alone))},
            **{f'speech_delay_ms_p95{name}': float(np.percentile(call.delays, 95) * 1000)
               for name, call in (('', beside), ('_without', alone))}}


def _known_bytes(card: Card) -> int:
    """Return what a card costs that the other end has from an earlier call."""
    from txt2vid_ros.call.transfer.messages import CardOffer, CardTaken, TAG_BYTES
    digest = card.digest
    return (len(CardOffer(digest, 1, len(card.pack()), b'').pack())
            + len(CardTaken(digest[:TAG_BYTES]).pack()))
