"""Voices, recognizers and voice activity detectors, and what is around them when one fails."""

import os

# gRPC, below Google's clients, otherwise starts threads of its own in every child between fork and
# exec, where they crash it: ffmpeg, for one. It reads this when it is imported.
os.environ.setdefault('GRPC_ENABLE_FORK_SUPPORT', 'false')
