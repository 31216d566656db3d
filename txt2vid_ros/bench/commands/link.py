"""What a conversation costs over this link and over others, compared on the same text."""

from __future__ import annotations

import argparse
from pathlib import Path
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.link import alternatives, dialogue, live
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.playing import mean_shares, play, runs_on
from txt2vid_ros.bench.link.simulation import SimulatedNetwork
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.codec.context import EMPTY_CONTEXT
from txt2vid_ros.link.codec.languages import ENGLISH
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig

DEFAULT_TEXT = Path(__file__).parents[1] / 'link' / 'data' / 'conversation.txt'
PATH = SimulatedNetwork(delay=0.05)
QUANTILES = (50, 95, 100)
BAD_PATH = SimulatedNetwork(loss=0.2, duplication=0.05, delay=0.3, jitter=0.1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--text', type=Path, default=DEFAULT_TEXT, metavar='FILE',
                        help='one utterance a line (default: a conversation that no model was '
                        'tuned on)')
    parser.add_argument('--wpm', type=float, default=150.0, help='words a minute (%(default)s)')
    parser.add_argument('--rate', type=float, default=88.0, metavar='BPS',
                        help='what each end of the first row keeps below; 0 for no '
                        'limit (%(default)s, so that both together stay below 100)')
    parser.add_argument('--no-rivals', action='store_true',
                        help='this link only: no floods, TCP, ROS topic and Opus')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures: bits a character and a second, delivery, time and processor."""
    conversation = read(arguments.text, arguments.wpm)
    rows: dict[str, dict[str, Any]] = {
        'link': one_way(conversation, PATH, LinkConfig(rate=arguments.rate)),
        'link_unlimited': one_way(conversation, PATH, LinkConfig()),
        'link_20_percent_lost': one_way(conversation, BAD_PATH, LinkConfig()),
        'link_serial_300_bps': one_way(conversation, PATH, LinkConfig(
            rate=300, mtu=128, header_bytes=2, bits_per_byte=10)),
    }
    dialogues = {name: dialogue.played(conversation, network) for name, network in (
        ('clean', PATH), ('20_percent_lost', BAD_PATH))}
    over_udp = live.over_udp(conversation)
    for row in rows.values():
        row.update(_first_byte(row, over_udp))
    if not arguments.no_rivals:
        rows['link_flooded'] = live.under_flood(conversation, spoofed=False)
        rows['link_flooded_from_the_peer'] = live.under_flood(conversation, spoofed=True)
        rows['tcp_utf8'] = alternatives.over_tcp(conversation)
        rows['ros_topic'] = alternatives.over_topic(conversation)
        rows['opus_6k'] = alternatives.as_opus(conversation)
    codec = _codec(conversation.texts)
    return {
        'bits_per_char': rows['link_unlimited']['bits_per_char'],
        'wire_bps': rows['link_unlimited']['wire_bps'],
        'wire_bps_limited': rows['link']['wire_bps'],
        'wire_bps_20_percent_lost': rows['link_20_percent_lost']['wire_bps'],
        'dialogue_bps': dialogues['clean']['dialogue_bps'],
        'dialogue_bps_20_percent_lost': dialogues['20_percent_lost']['dialogue_bps'],
        'shares_bps': rows['link_unlimited']['shares_bps'],
        'shares_bps_20_percent_lost': rows['link_20_percent_lost']['shares_bps'],
        'dialogue_shares_bps': dialogues['clean']['shares_bps'],
        'delivered': rows['link']['delivered'],
        'sent': rows['link']['sent'],
        **codec,
        'text': str(arguments.text.name), 'characters': conversation.characters,
        'words_per_minute': arguments.wpm, 'seconds_of_speech': conversation.seconds,
        'rows': rows, 'dialogues': dialogues,
    }


def read(path: Path, words_per_minute: float) -> Conversation:
    """Read a conversation. Raises UserError."""
    try:
        lines = path.read_text('utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'--text {path} cannot be read: {error}',
                        'Give a file of UTF-8, one utterance a line.') from error
    texts = [line.strip() for line in lines if line.strip()]
    if not texts or words_per_minute <= 0:
        raise UserError(f'--text {path} has no words, or --wpm is {words_per_minute}',
                        'Give one utterance a line, and a positive --wpm.')
    return Conversation(tuple(texts), words_per_minute)


def one_way(conversation: Conversation, network: SimulatedNetwork,
            config: LinkConfig | None = None) -> dict[str, Any]:
    """
    Play the conversation at its pace to both ends, on a simulated clock: exact to the bit.

    All datagrams count, both ways and with their headers: handshake and acknowledgements too.
    Where datagrams get lost, it is played several times, because chance matters a lot.
    """
    runs = [play(conversation, network, config or LinkConfig(), seed)
            for seed in range(runs_on(network))]
    delays = [delay for run in runs for delay in run.delays]
    row = {
        'bits_per_char': float(np.mean([run.text_bits for run in runs])) / conversation.characters,
        'wire_bps': float(np.mean([run.wire_bps for run in runs])),
        'wire_bits_per_char': float(np.mean([run.wire_bits for run in runs])
                                    / conversation.characters),
        'shares_bps': mean_shares([run.shares_bps for run in runs]),
        'sent': len(conversation.texts), 'delivered': min(len(run.delays) for run in runs),
        'in_order': all(run.in_order for run in runs),
        'retries': float(np.mean([run.retries for run in runs])),
        'dropped': sum(run.dropped for run in runs), 'runs': len(runs),
        'path_ms': network.delay * 1000,
        'path': f'{network.delay * 1000:.0f} to {(network.delay + network.jitter) * 1000:.0f} ms '
                f'each way, {network.loss:.0%} lost',
    }
    for quantile in QUANTILES:
        row[f'delay_with_path_ms_{_named(quantile)}'] = (
            float(np.percentile(delays, quantile) * 1000) if delays else None)
    return row


def _named(quantile: int) -> str:
    return 'max' if quantile == 100 else f'p{quantile}'


def _first_byte(row: dict[str, Any], measured: dict[str, Any]) -> dict[str, Any]:
    """Return delay and processor time: the waiting as simulated, and the work as measured live."""
    found = {'cpu_percent': measured['cpu_percent']}
    for quantile in map(_named, QUANTILES):
        waiting = row[f'delay_with_path_ms_{quantile}']
        name = f'first_byte_ms_{quantile}'
        if waiting is not None and name in measured:
            found[name] = waiting - row['path_ms'] + measured[name]
    return {**found, 'first_byte_by': 'simulated waiting beyond the path, and the work of both '
            'ends as measured over real UDP; the processor time is of that'}


def _codec(texts: tuple[str, ...]) -> dict[str, float]:
    """Time encoding and decoding in the context of what was said before, as in use."""
    load.cache_clear()
    begun = time.perf_counter()
    codec = TextCodec()
    codec.models.get(ENGLISH)
    loading = time.perf_counter() - begun
    encode, decode, context = [], [], EMPTY_CONTEXT
    for text in texts:
        begun = time.perf_counter()
        coded = codec.encode(text, context)
        between = time.perf_counter()
        codec.decode(coded, context)
        encode.append(between - begun)
        decode.append(time.perf_counter() - between)
        context = codec.after(context, text, coded)
    return {'encode_ms_p95': float(np.percentile(encode, 95) * 1000),
            'decode_ms_p95': float(np.percentile(decode, 95) * 1000),
            'priming_ms': loading * 1000}
