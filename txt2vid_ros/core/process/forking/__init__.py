"""Child processes that begin with what they need imported."""
