"""Parts of nodes that join an engine with topics, for files that would get too long."""
