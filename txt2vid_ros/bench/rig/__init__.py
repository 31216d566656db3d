"""A graph to measure, and a viewer of its stream."""
