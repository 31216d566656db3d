"""Requests to say something, each with its end: who may speak, and how much was heard."""
