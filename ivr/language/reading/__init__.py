"""Readers: each knows one kind of written text and how an announcer says it. ``ivr.language.verbalise`` runs them.

A reader is a function of the tokens and a position; it returns what to say and where it stopped, or None. It looks
a bounded distance to both sides, so that the whole stays linear.
"""
