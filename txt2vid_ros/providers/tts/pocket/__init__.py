"""One's own voice: pocket-tts, which speaks like a few seconds of a recording."""
