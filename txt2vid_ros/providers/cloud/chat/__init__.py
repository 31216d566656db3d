"""Chat services with OpenAI's interface, on this machine or any other."""
