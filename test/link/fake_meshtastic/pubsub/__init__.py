"""Stands for PyPubSub, which Meshtastic's package publishes with."""
