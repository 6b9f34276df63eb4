"""Who may be told personal things: rules for authenticating callers, pure (T3–T8, X6).

``attempt`` runs one try, ``choosing`` draws the questions, ``matching`` and ``names`` compare an answer with the
registry, ``limits`` and ``patterns`` say when somebody is guessing. What asks the world is behind ``ports``.
"""
