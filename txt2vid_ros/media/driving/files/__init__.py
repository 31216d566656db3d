"""Files of pictures and clips: what is in them, upright and in shape."""
