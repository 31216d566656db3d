"""How many replicas so many faces need, computed from measured times."""
