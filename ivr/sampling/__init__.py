"""Which recordings the quality office listens to: a draw that anyone can repeat (A19). Pure."""
