"""Wav2Lip: a face animated by a neural network (Prajwal et al., 2020, arXiv 2008.10010)."""
