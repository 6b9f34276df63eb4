"""The line's processes: supervisor, line worker, speech, office."""
