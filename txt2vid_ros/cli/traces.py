"""`txt2vid trace`: the way of sentences through the graph, with times."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
import time

from txt2vid_ros.cli.parser import add_graph_arguments
from txt2vid_ros.core.monitoring.utterance_trace import as_object, told, UtteranceTrace

GATHERING_SECONDS = 1.5
"""Seconds from the first node's diagnostics in which all others tell what they remember."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--bag', type=Path, help='take them from a bag, not a running graph')
    parser.add_argument('--count', type=int, default=0, metavar='N',
                        help='end after N sentences, the last ones that are remembered '
                        'included (default: on Ctrl-C)')
    parser.add_argument('--once', action='store_true',
                        help='only those that are remembered: about the last twenty')
    parser.add_argument('--json', action='store_true', help='one JSON object a line')
    add_graph_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print each sentence's way, once it is over."""
    if arguments.bag is None:
        return _follow(arguments)
    from txt2vid_ros.media.bags.bag_trace import book_of_bag
    for trace in book_of_bag(arguments.bag).traces()[-arguments.count:]:
        _show(trace, arguments.json)
    return 0


def _follow(arguments: argparse.Namespace) -> int:
    """Print those of a running graph. Raises UserError where there is none."""
    from txt2vid_ros.ros.side.graph_watch import GraphWatch
    with GraphWatch(arguments.namespace) as watch:
        watch.wait_for_nodes(arguments.timeout)
        watch.gather(GATHERING_SECONDS)
        shown: set[str] = set()
        left = arguments.count or sys.maxsize
        while left:
            watch.wait(0.2)
            traces = {each.utterance: each for each in watch.book.traces() if each.known}
            shown &= traces.keys()
            ready = [name for name, trace in traces.items() if name not in shown
                     and (arguments.once or trace.over(time.time_ns()))]
            shown.update(ready)
            for name in ready[-left:]:
                left -= 1
                _show(traces[name], arguments.json)
            if arguments.once:
                break
    return 0


def _show(trace: UtteranceTrace, as_json: bool) -> None:
    print(json.dumps(as_object(trace)) if as_json else '\n'.join([*told(trace), '']), flush=True)
