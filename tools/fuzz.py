#!/usr/bin/env python3
"""
Throws hostile bytes at whatever takes bytes from outside.

    tools/fuzz.py [--inputs N] [--seed N]            a million datagrams at both ends of the link
    tools/fuzz.py TARGET [--inputs N] [--seed N]     damaged inputs at a parser
    make fuzz ARGS='TARGET --atheris [--inputs N]'   guided by coverage (installs atheris)
    tools/fuzz.py --list                             the targets

Of the link: `link` is both of its ends, `frames` its parsers and framing alone, `codec` its text
codec, both with --atheris; the others are those of test/parser_fuzzing.py. An input that raises
anything in one of these, or with --atheris, is written to the present folder, and the exit status
is not 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import contextlib
from pathlib import Path
import random
import sys
import time

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / 'test'), str(ROOT / 'test' / 'link')]
LINK = ('link', 'frames', 'codec')


def main() -> int:
    """Run one of the fuzzers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('--inputs', type=int, default=1_000_000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('target', nargs='?', default='link', help='see --list')
    parser.add_argument('--atheris', action='store_true', help='guided by coverage')
    parser.add_argument('--list', action='store_true', help='print the targets')
    args = parser.parse_args()
    if args.target in LINK and not args.list:
        if args.atheris:
            return guided(args.inputs, args.seed, args.target)
        if args.target != 'link':
            parser.error(f'{args.target} needs --atheris')
        return blind(args.inputs, args.seed)
    return parsers(args)


def parsers(args: argparse.Namespace) -> int:
    """Throw damaged inputs at a target of test/parser_fuzzing.py, or list them."""
    if args.atheris:
        import atheris
        with atheris.instrument_imports(include=['txt2vid_ros']):
            from parser_fuzzing import TARGETS
    else:
        from parser_fuzzing import TARGETS
    if args.list or args.target not in TARGETS:
        print('\n'.join((*LINK, *TARGETS)))
        return 0 if args.list else 2
    target = TARGETS[args.target]
    if args.atheris:
        corpus = ROOT / 'build' / 'fuzz' / args.target
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.seeds):
            (corpus / f'seed{number}').write_bytes(seed)
        atheris.Setup([sys.argv[0], f'-runs={args.inputs}', f'-seed={args.seed + 1}',
                       '-max_len=2000', '-verbosity=1', str(corpus)], target.check)
        atheris.Fuzz()
        return 0
    chance, start = random.Random(args.seed), time.monotonic()
    for count in range(1, args.inputs + 1):
        data = damaged(chance, target.seeds)
        try:
            target.check(data)
        except BaseException:
            Path(f'{args.target}.input').write_bytes(data)
            raise
        if count % 10_000 == 0 or count == args.inputs:
            print(f'{count} inputs, {time.monotonic() - start:.0f} s', flush=True)
    return 0


def damaged(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return a well-formed input with a few of its bytes changed, cut out or repeated."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((0, 1, 1, 2, 4, 8, 40)))
        data[at:end] = chance.choice((
            chance.randbytes(chance.randrange(9)), chance.choice(seeds), b'\xff' * 4, b'\0' * 4,
            bytes(data[end:end + 20]), str(chance.randrange(-2**63, 2**63)).encode()))
    return bytes(data[:20_000])


def blind(inputs: int, seed: int) -> int:
    """Send random, replayed and damaged datagrams; report each hundred thousand."""
    from link_fuzzing import parse, Target

    target, start = Target(seed), time.monotonic()
    for count in range(1, inputs + 1):
        if count % 3:
            target.throw(target.mutated())
        else:
            body = target.chance.randbytes(target.chance.randrange(90))
            target.throw(body)
            parse(body)
        if count % 100_000 == 0 or count == inputs:
            target.check()
            print(f'{count} inputs, {time.monotonic() - start:.0f} s', flush=True)
    print(target.simulation.receiver.counters)
    return 0


def guided(inputs: int, seed: int, only: str) -> int:
    """Let atheris find inputs that reach new code, also sealed with the right key."""
    import atheris

    with atheris.instrument_imports(include=['txt2vid_ros.link'],
                                    exclude=[] if only == 'codec' else ['txt2vid_ros.link.codec']):
        from link_fuzzing import parse, SENTENCES
        from link_simulation import CODEC, SimulatedNetwork, Simulation
        from txt2vid_ros.link.codec.context import TextContext
        from txt2vid_ros.link.codec.symbols import CodecError
        from txt2vid_ros.link.protocol import wire

    simulation = Simulation(SimulatedNetwork(delay=0.01))
    simulation.say('Good morning.')
    simulation.run(3)
    session = simulation.sender._session

    context = TextContext()
    for text in SENTENCES:
        context = CODEC.after(context, text, CODEC.encode(text, context))

    def decode(data: bytes) -> None:
        for known in (TextContext(), context):
            with contextlib.suppress(CodecError):
                text = CODEC.decode(data, known)
                assert CODEC.decode(CODEC.encode(text, known), known) == text

    def one(data: bytes) -> None:
        parse(data)
        simulation.receiver.receive(data, simulation.receiver_time)
        simulation.sender.receive(data, simulation.sender_time)
        kind = wire.FrameType(data[0] % 4) if data else wire.FrameType.SINGLE
        inbound, there = simulation.receiver._inbound, simulation.receiver._session
        counter = (inbound.buffer.next if kind <= wire.FrameType.BATCH
                   else there._seen[kind])
        simulation.receiver.receive(session.seal(kind, counter, data[1:]),
                                    simulation.receiver_time)
        while simulation.receiver.take_event() is not None:
            simulation.receiver.confirm_delivered()
        while simulation.receiver.take_event() is not None:
            simulation.receiver.confirm_delivered()

    atheris.Setup([sys.argv[0], f'-runs={inputs}', f'-seed={seed + 1}', '-max_len=120',
                   '-verbosity=1'], {'frames': parse, 'codec': decode}.get(only, one))
    atheris.Fuzz()
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
