"""All that is measured of Wav2Lip on a GPU, with torch and numpy alone (tools/gpu_check.sh)."""
