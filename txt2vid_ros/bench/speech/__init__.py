"""What the benchmarks of the voice need."""
