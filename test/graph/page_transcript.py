"""What the page of a face has written down, and whether it is what was said."""

from __future__ import annotations

from hearing import words
from txt2vid_ros.bench.rig.chromium import Page

ENOUGH = 4
"""Words of a sentence by which it is known."""


def lines(page: Page) -> list[tuple[str, list[str]]]:
    """Return what the transcript of the page has: who spoke, and the words."""
    return [(who, words(line)) for who, line in page.evaluate(
        '[...document.querySelectorAll("#transcript li:not(.none)")].map(each => '
        '[each.className || "face", each.querySelector("bdi").textContent])')]


def understood(heard: list[str], sentence: list[str]) -> bool:
    """
    Return whether words are a sentence that was said into a browser's fake microphone.

    On a busy machine that leaves out some of the sound.
    """
    return len(set(heard) & set(sentence)) >= ENOUGH
