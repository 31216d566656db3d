"""The face on a screen of this machine."""
