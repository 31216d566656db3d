"""The page of a call: what it is told of the peer, one's own face, corrections, hanging up."""
