"""Nodes beside the graph that commands create for as long as they run."""
