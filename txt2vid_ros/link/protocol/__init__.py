"""What is on the wire: frames, encryption, handshake, the clock offset."""
