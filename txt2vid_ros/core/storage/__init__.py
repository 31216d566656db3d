"""Files: written whole or not at all, key files, and those that come with the package."""
