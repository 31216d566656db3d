"""Mouths that are computed on other machines: Wav2Lip behind HTTP, as Ray Serve offers it."""
