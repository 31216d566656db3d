"""From timed sounds to a moving mouth."""
