"""Google Cloud Text-to-Speech and Speech-to-Text."""
