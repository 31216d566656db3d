"""Whether a graph runs for weeks: a conversation with faults, and what it does to the graph."""
