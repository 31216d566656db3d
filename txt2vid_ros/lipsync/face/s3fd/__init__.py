"""S3FD, the face detector that Wav2Lip was published with (Zhang et al., ICCV 2017)."""
