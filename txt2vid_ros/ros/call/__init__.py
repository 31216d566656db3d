"""What the nodes of a call share: data beside the speech, and the speakers of other nodes."""
