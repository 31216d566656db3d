"""The door for browsers: one address for the page, the streams, WebRTC and events."""
