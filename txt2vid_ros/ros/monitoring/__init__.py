"""What every node tells of itself and of the utterances that pass it."""
