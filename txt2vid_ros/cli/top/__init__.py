"""`txt2vid top`: a terminal view of a running graph."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from txt2vid_ros.cli.parser import add_graph_arguments
from txt2vid_ros.core.monitoring.utterance_trace import as_object

if TYPE_CHECKING:
    from rich.console import Console
    from txt2vid_ros.cli.top.view import View
    from txt2vid_ros.ros.side.graph_watch import GraphWatch

REFRESH_SECONDS = 1.0
GATHERING_SECONDS = 2.0
"""Seconds from the first node's diagnostics in which all others tell of themselves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--once', action='store_true', help='print it once, as plain text where '
                        'the output is no terminal; so it is there in any case')
    parser.add_argument('--json', action='store_true', help='print all figures once, as JSON')
    add_graph_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the graph until q or Ctrl-C, or once."""
    from rich.console import Console
    from txt2vid_ros.cli.top.view import View
    from txt2vid_ros.ros.side.graph_watch import GraphWatch
    console = Console(highlight=False)
    with GraphWatch(arguments.namespace) as watch:
        watch.wait_for_nodes(arguments.timeout)
        if arguments.json or arguments.once or not console.is_terminal:
            watch.gather(GATHERING_SECONDS)
            if arguments.json:
                print(json.dumps(_as_object(watch)))
            else:
                console.print(View(arguments.namespace, watch.states, watch.book))
            return 0
        _follow(console, View(arguments.namespace, watch.states, watch.book))
    return 0


def _follow(console: Console, view: View) -> None:
    from rich.live import Live
    from txt2vid_ros.cli.top.keys import pressed_keys
    with pressed_keys(sys.stdin) as wait_key, Live(
            view, console=console, screen=True, auto_refresh=False) as live:
        while wait_key(REFRESH_SECONDS) not in ('q', 'Q'):
            live.refresh()


def _as_object(watch: GraphWatch) -> dict[str, object]:
    return {
        'nodes': {name: {'level': state.shown, 'message': state.message, **state.texts,
                         **state.figures} for name, state in watch.states.nodes().items()},
        'sentences': [as_object(each) for each in watch.book.traces()]}
