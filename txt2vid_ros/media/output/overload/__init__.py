"""What the stream does where the machine is too busy for it."""
