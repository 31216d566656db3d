"""Topics that carry sound: what publishes speech, what takes it in, and when it has to come."""
