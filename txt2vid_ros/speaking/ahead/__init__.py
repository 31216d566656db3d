"""Speech that is made before it is due."""
