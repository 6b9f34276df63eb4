"""Training of the line's own Lithuanian recogniser, from sources to a model folder in Vosk's format (README.md)."""
