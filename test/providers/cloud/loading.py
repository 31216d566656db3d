"""Voices and recognizers that a test loads, closed behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
from typing import TypeVar

from txt2vid_ros.listening.recognizer import SpeechToText
from txt2vid_ros.speaking.voice import TextToSpeech

P = TypeVar('P', bound=TextToSpeech | SpeechToText)


@contextlib.contextmanager
def loading(make: Callable[..., P]) -> Iterator[Callable[..., P]]:
    """Give a function that makes and loads a voice or a recognizer; close all of them twice."""
    made: list[P] = []

    def load(*arguments: object, **options: object) -> P:
        made.append(make(*arguments, **options))
        made[-1].load()
        return made[-1]

    yield load
    for each in made:
        each.close()
        each.close()
