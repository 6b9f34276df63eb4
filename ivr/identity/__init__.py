"""Authentication rules and the registry port (pure). Furnished by later work; see docs/architecture.md."""
