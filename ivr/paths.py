"""Where the project's own files lie: dial plans, prompts, models."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def project_file(*parts: str) -> Path:
    """A file or folder that ships with the project, beside the package."""
    return ROOT.joinpath(*parts)
