"""Kokoro-82M: 54 voices, eight languages, from files that `txt2vid models fetch` brings."""
