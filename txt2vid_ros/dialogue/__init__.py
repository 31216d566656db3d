"""Answers to what is heard: cut into clauses as they are written, remembered as far as heard."""
