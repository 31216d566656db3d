"""What the benchmarks of the face need: weights, measured mouths, a flashing engine."""
