"""Speech as Wav2Lip sees it: mel spectrograms and their windows."""
