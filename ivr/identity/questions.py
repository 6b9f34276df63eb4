"""What a caller can be asked: the last four digits, and the eight questions of T3."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

Role = Literal["job_seeker", "e_service"]


class Question(StrEnum):
    """Names as the registry, the plan and the log know them."""

    LAST_FOUR = "last_four"
    NAME = "name"
    REGISTRATION = "registration"
    ADDRESS = "address"
    PHONE = "phone"
    LAST_VISIT = "last_visit"
    LAST_VISIT_ABOUT = "last_visit_about"
    EMPLOYMENT_END = "employment_end"
    EMAIL = "email"


T3: Final = tuple(question for question in Question if question is not Question.LAST_FOUR)
# What a neighbour, a telephone book or a social network tells: one of these proves little, both nothing more.
PUBLIC: Final = frozenset({Question.ADDRESS, Question.PHONE})

# The questions that come first; an e-service user's address, mostly made of their name, is asked for after it (T4.1,
# T6.1).
FIRST: Final[dict[Role, tuple[Question, ...]]] = {
    "job_seeker": (Question.LAST_FOUR, Question.NAME),
    "e_service": (Question.LAST_FOUR, Question.NAME, Question.EMAIL),
}
