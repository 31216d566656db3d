"""Files: written whole or not at all, key files, people.yaml, those of the package."""
