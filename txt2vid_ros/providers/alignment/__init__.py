"""When the sounds of a known text are heard in speech that says nothing of its timing."""
