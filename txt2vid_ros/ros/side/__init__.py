"""Nodes beside the graph, which commands make for as long as they run."""
