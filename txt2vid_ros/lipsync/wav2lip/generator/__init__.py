"""The Wav2Lip network on ONNX Runtime, on CUDA, and as the plain torch module."""
