#!/usr/bin/env python3
"""
Sends a million hostile datagrams to both ends of the link.

    tools/fuzz_link.py [--inputs N] [--seed N]     random, replayed and damaged datagrams
    make fuzz ARGS='--atheris [--inputs N]'        guided by coverage (installs atheris)
    make fuzz ARGS='--atheris --parsers'           the same, parsers and framing alone: faster
    make fuzz ARGS='--atheris --codec'             the same, the text codec alone

Exits with 0 where all were counted, nothing crashed and only what was sent was received.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
import sys
import time

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / 'test' / 'link')]


def main() -> int:
    """Run one of the two fuzzers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--inputs', type=int, default=1_000_000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--atheris', action='store_true', help='guided by coverage')
    parser.add_argument('--parsers', action='store_true', help='of --atheris: parsers only')
    parser.add_argument('--codec', action='store_true', help='of --atheris: the codec only')
    args = parser.parse_args()
    if args.atheris:
        only = 'parsers' if args.parsers else 'codec' if args.codec else ''
        return guided(args.inputs, args.seed, only)
    return blind(args.inputs, args.seed)


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
    keys = simulation.sender._session._keys

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
        counter = (simulation.receiver._buffer.next if kind <= wire.FrameType.BATCH
                   else simulation.receiver._controls)
        head = wire.head(kind, keys.tag, counter)
        simulation.receiver.receive(keys.forward.seal(kind, counter, head, data[1:]),
                                    simulation.receiver_time)
        while simulation.receiver.take_event() is not None:
            simulation.receiver.confirm_delivered()

    atheris.Setup([sys.argv[0], f'-runs={inputs}', f'-seed={seed + 1}', '-max_len=120',
                   '-verbosity=1'], {'parsers': parse, 'codec': decode}.get(only, one))
    atheris.Fuzz()
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
