"""Ears and voices."""
