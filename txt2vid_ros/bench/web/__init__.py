"""What a browser plays, measured from inside it."""
