"""Weight files: what the list says of them, where they are kept, how they get there."""
