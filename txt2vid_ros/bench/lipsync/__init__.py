"""What the benchmarks of the face need: synthetic weights, measured mouths, a flashing engine."""
