"""The peer as the speaker of a graph: its card as a people file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from txt2vid_ros.call.card import CardHead
from txt2vid_ros.core.people import DEFAULT, NamedVoice
from txt2vid_ros.core.storage.files import replacing
import yaml


def chosen_voices(head: CardHead, allowed: Collection[str]) -> list[NamedVoice]:
    """Return those of the voices on a card that may be used here, the favourite first."""
    return [voice for voice in head.voices if voice.provider in allowed]


def people_of(head: CardHead, face: Path | None, allowed: Collection[str],
              fallback: tuple[str, ...]) -> dict[str, Any]:
    """
    Return the content of a people file in which everybody speaks as the card says.

    `allowed`: the providers that a card may name. `fallback`: those that speak where its voices
    cannot.
    """
    person: dict[str, Any] = {}
    voices = chosen_voices(head, allowed)
    if voices:
        names = dict.fromkeys((*(voice.provider for voice in voices), *fallback))
        person['tts'] = [*names]
        person['voice'] = voices[0].voice
    if face is not None:
        person['face'] = str(face)
    return {DEFAULT: person}


def write_people(file: Path, people: dict[str, Any]) -> None:
    """Write a people file, whole or not at all, for the user alone. Raises OSError."""
    with replacing(file, mode=0o600) as part:
        part.write_text(yaml.safe_dump(people, allow_unicode=True), encoding='utf-8')
