"""The HTTP server: who may come in, how much of it, and what is served besides WebRTC."""
