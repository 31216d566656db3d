"""Speech on a loudspeaker of this machine, each sample heard at its stamp."""
