"""Texts from ``ivr/deploy/templates``; a value that is not given is an error, never an empty place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  (no HTML: configurations whose values were checked)
)


def rendered(name: str, values: Mapping[str, object]) -> str:
    """The template ``name`` with its values."""
    return _ENVIRONMENT.get_template(name).render(values)
