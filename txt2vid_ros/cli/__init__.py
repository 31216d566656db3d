"""The txt2vid command."""
