"""Packs, retrieval and spoken answers (pure). Furnished by later work; see docs/architecture.md."""
