"""Texts and fields out of bytes from outside."""
