"""The sounds of a language: their symbols, and when in a sound each is heard."""
