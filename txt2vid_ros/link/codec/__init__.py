"""Lossless compression of short texts: arithmetic coding over a small English language model."""
