"""The files of weights: what the list says of them, where they lie, how they get there."""
