"""The skin around the mouth, and the noise of the picture."""
