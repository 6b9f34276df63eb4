"""Benches that read a file which is not part of the project."""
