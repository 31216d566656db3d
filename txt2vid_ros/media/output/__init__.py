"""The stream: encoder, viewers, files and URLs."""
