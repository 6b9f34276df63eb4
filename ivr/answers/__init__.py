"""Behind the mind's port ``Answers``: the packs as a book that is asked, its socket, and answers sent to callers."""
