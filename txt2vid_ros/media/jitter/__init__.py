"""Sound from another machine, played in step: jitter, loss and drifting clocks are absorbed."""
