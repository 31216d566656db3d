"""In which language a text is written, where nobody says so."""
