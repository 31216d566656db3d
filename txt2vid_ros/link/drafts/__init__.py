"""Correction of what was recognized, before it is sent."""
