"""The head of a still picture: its lids, its turns, and what is kept of it between frames."""
