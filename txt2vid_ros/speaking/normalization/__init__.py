"""Text normalization: what is written becomes the words that are said, ahead of every voice."""

from __future__ import annotations
