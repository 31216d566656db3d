"""Who is who in a call: cards, consent, what is kept of others."""
