"""One queue for all sessions of a process that share a network."""
