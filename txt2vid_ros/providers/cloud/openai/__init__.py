"""Voices and recognizers of servers with OpenAI's interface, on this machine or any other."""
