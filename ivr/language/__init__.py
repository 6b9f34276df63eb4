"""Lithuanian numbers, dates, names and sounds (pure). Furnished by later work; see docs/architecture.md."""
