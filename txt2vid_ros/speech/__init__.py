"""Voices and ears: text to speech, speech to text, voice activity. Knows nothing of ROS."""
