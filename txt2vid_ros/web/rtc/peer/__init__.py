"""The encrypted path to one peer."""
