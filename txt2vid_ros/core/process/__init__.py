"""Child processes, when they are started again, and the signals that end a program."""
