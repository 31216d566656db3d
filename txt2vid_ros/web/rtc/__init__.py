"""WebRTC: the face to viewers (WHEP) and to servers, microphones in (WHIP)."""
