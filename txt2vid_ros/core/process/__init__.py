"""Child processes, when to restart them, and the signals that end a program."""
