"""Exactly once and in order: windows, acknowledgements, retransmission."""
