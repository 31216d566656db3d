"""Carries a card in pieces over a link that loses, repeats and reorders them."""
