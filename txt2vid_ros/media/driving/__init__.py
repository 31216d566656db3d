"""Driving media: the picture or video of the speaker, frame by frame."""
