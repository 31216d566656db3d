"""The sounds of a language: their symbols, and when in a piece of audio each is heard."""
