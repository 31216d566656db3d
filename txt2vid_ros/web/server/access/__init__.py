"""Who may come in, how many at a time, and how long each may take."""
