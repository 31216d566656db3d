"""Voices that a test loads, closed behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
from typing import TypeVar

from txt2vid_ros.speaking.voice import TextToSpeech

V = TypeVar('V', bound=TextToSpeech)


@contextlib.contextmanager
def loading(make: Callable[..., V]) -> Iterator[Callable[..., V]]:
    """Give a function that makes a voice and loads it; close all that it made, twice."""
    made: list[V] = []

    def load(*arguments: object, **options: object) -> V:
        made.append(make(*arguments, **options))
        made[-1].load()
        return made[-1]

    yield load
    for each in made:
        each.close()
        each.close()
