"""Calls on a simulated network: cards beside a dialogue."""
