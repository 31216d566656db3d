"""Bags read without ROS: what is in them, as a video, as ways of utterances."""
