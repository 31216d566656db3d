"""One stream out of many encoders: where each begins, and what sound it gets."""
