"""What the quality unit reads out of the journal: conversations, draws, reviews, statistics (A18–A21).

- ``reading``: one call's events as a row of figures and its conversations (pure)
- ``transcript``: what was said when, masked, on the recording's own clock (pure)
- ``index``: all calls in SQLite, searchable in full text; can be deleted and is then made anew
- ``register``: what the journal has no place for: seeds, draws made, purposes, exports, breaches
- ``draws``: the monthly draw, made once and written on the journal
- ``scorecard``: criteria of a review, from a file that the unit edits
- ``report``, ``statistics``: findings and figures without personal data
"""
