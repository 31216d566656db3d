#!/usr/bin/env python3
"""
Measure Wav2Lip on a GPU, or write the tables of docs/gpu.md. See tools/gpu_check.sh.

Needs torch and numpy, and nothing else.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GOLDEN = (ROOT / 'test/golden', ROOT.parent / 'shared/golden')


def main() -> int:
    """Measure or write the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('file', type=pathlib.Path, help='JSON file for the figures')
    parser.add_argument('--device', default='cuda', choices=('cuda', 'cpu'))
    parser.add_argument('--quick', action='store_true',
                        help='as little as shows that all of it runs; the figures mean nothing')
    parser.add_argument('--seconds', type=float, default=400.0,
                        help='nothing new is begun after these (%(default)g)')
    parser.add_argument('--golden', type=pathlib.Path, help='folder of the reference outputs')
    parser.add_argument('--render', type=pathlib.Path, metavar='PAGE',
                        help='measure nothing: write the tables of PAGE from the file')
    arguments = parser.parse_args()
    if arguments.render is not None:
        from txt2vid_ros.bench.gpu import table
        table.write(arguments.file, arguments.render)
        return 0
    import torch
    if arguments.device == 'cuda' and not torch.cuda.is_available():
        print('torch finds no NVIDIA GPU here. Try --device cpu --quick', file=sys.stderr)
        return 2
    if arguments.device == 'cpu':
        torch.set_num_threads(1)    # more stand in each other's way where others compute too
    from txt2vid_ros.bench.gpu.check import Check, QUICK, Scale, sections
    golden = arguments.golden or next((one for one in GOLDEN if one.is_dir()), GOLDEN[0])
    check = Check(arguments.device, arguments.file, arguments.seconds)
    return 0 if check.run(sections(arguments.device, golden,
                                   QUICK if arguments.quick else Scale())) else 1


if __name__ == '__main__':
    sys.exit(main())
