"""The topics of the line: what queue, sampling and statistics count by."""

from __future__ import annotations

from pydantic import Field

from ivr.dialog.marked_yaml import read_as
from ivr.dialog.parts import Part
from ivr.dialog.plan import refused
from ivr.errors import PlanError

REQUIRED = ("line", "personal", "personnel", "other")
"""Topics that the line itself gives to calls; they can be renamed but not removed."""


class Topic(Part):
    """``number``: place on the ministry's question page, None for the line's own topics."""

    title: str = Field(min_length=1)
    number: int | None = Field(None, ge=1, le=20)


class _Topics(Part):
    topics: dict[str, Topic]


def load_topics(text: str, file: str) -> dict[str, Topic]:
    """Topics by id, in the file's order.

    Raises:
        PlanError: not YAML, a wrong field, or one of the line's own topics is missing.
    """
    topics = read_as(_Topics, text, file, PlanError, refused)[0].topics
    missing = [topic for topic in REQUIRED if topic not in topics]
    if missing:
        raise PlanError(file, 0, f"the topic {missing[0]!r} is missing", "The line gives it to calls: add it")
    return topics
