"""The criteria of a review, from a file that the quality unit edits; and what a review's marks are worth. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ivr.dialog.marked_yaml import read_as
from ivr.dialog.plan import refused
from ivr.errors import PlanError
from ivr.sampling.population import ASSISTANT


class Mark(StrEnum):
    """What a reviewer says of one criterion."""

    GOOD = "good"
    BAD = "bad"
    NOT_APPLICABLE = "none"


class Criterion(BaseModel):
    """``rule``: the point of the procedure (V-332) it checks; ``who``: whose conversations it applies to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(pattern=r"^A[0-9]+(\.[0-9]+)*$")
    text: str = Field(min_length=1)
    weight: int = Field(1, ge=1, le=10)
    who: Literal["everybody", "assistant", "people"] = "everybody"


class Scorecard(BaseModel):
    """``version`` is written down with each review: an edited card does not change what was said by an old one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    criteria: dict[str, Criterion] = Field(min_length=1)

    def of(self, employee: int) -> Mapping[str, Criterion]:
        """The criteria that apply to an employee's conversations, in the file's order."""
        passed_over = "people" if employee == ASSISTANT else "assistant"
        return {name: one for name, one in self.criteria.items() if one.who != passed_over}

    def score(self, marks: Mapping[str, Mark]) -> int | None:
        """0–100: the weight of what was good among what applied; None where nothing applied."""
        weights = {name: one.weight for name, one in self.criteria.items()}
        applied = {name: mark for name, mark in marks.items() if mark is not Mark.NOT_APPLICABLE and name in weights}
        whole = sum(weights[name] for name in applied)
        good = sum(weights[name] for name, mark in applied.items() if mark is Mark.GOOD)
        return round(100 * good / whole) if whole else None


def load_scorecard(text: str, file: str) -> Scorecard:
    """The card from its YAML text.

    Raises:
        PlanError: not YAML, or a field that is missing, unknown or wrong; names the line.
    """
    return read_as(Scorecard, text, file, PlanError, refused)[0]
