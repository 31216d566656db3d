"""Nodes that are killed again and again, and clients that come and go: who is reached after it."""
