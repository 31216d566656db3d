"""Topics, whose listeners are held weakly and hear all topics below theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any
import weakref

_listeners: defaultdict[str, list[weakref.WeakMethod[Any]]] = defaultdict(list)


def subscribe(listener: Callable[..., Any], topicName: str, **curriedArgs: Any) -> None:
    _listeners[topicName].append(weakref.WeakMethod(listener))


def unsubscribe(listener: Callable[..., Any], topicName: str) -> None:
    _listeners[topicName].remove(weakref.WeakMethod(listener))


def sendMessage(topicName: str, **msgData: Any) -> None:
    for topic, listeners in list(_listeners.items()):
        if f'{topicName}.'.startswith(f'{topic}.'):
            for each in list(listeners):
                if (listener := each()) is not None:
                    listener(**msgData)
