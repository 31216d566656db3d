"""Answers to what is heard: written elsewhere, cut into clauses, and remembered as far as heard."""
