"""A mouth pose from the sound alone."""
