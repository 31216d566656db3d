"""What of the sound is speech, for every engine that moves the mouth by it."""
