"""Everything that only measures, trains or simulates; the product runs without it."""
