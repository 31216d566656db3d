"""What can be told of a speaker from a few seconds of speech: pitch, melody and pace."""
