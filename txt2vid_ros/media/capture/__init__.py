"""Where the sender's sound comes from: devices, files and test signals, with capture times."""
