"""An answer as a message to read: what was heard, numbers in digits, with its source and date (Q2, Q4)."""

from __future__ import annotations

from ivr.dialog.ports import SpokenAnswer
from ivr.knowledge.written import written

SIGNATURE = "Užimtumo tarnyba, informacijos linija 1883"


def short_message(answer: SpokenAnswer) -> str:
    """The short answer for a telephone's screen.

    >>> print(short_message(SpokenAnswer("a", "t", ("Taip.",), "Aprašas, 3 punktas", "2019-01-14", "pinigus")))
    Apie pinigus. Taip. Informacija: 2019-01-14. Šaltinis: Aprašas, 3 punktas. 1883
    """
    date = f"Informacija: {answer.updated}. " if answer.updated else ""
    return f"Apie {answer.title}. {_said(answer)} {date}Šaltinis: {answer.source}. 1883"


def subject(answer: SpokenAnswer) -> str:
    """What a mail is called."""
    return f"Atsakymas apie {answer.title}"


def letter(answer: SpokenAnswer) -> str:
    """The whole answer: short and long, what to submit and how, whose matter it is, source and date."""
    parts = [
        "Laba diena,",
        f"skambindami telefonu 1883 klausėte apie {answer.title}.",
        _said(answer),
        *(written(part) for part in (*answer.longer, answer.documents, answer.submit)),
        f"Dėl to kreipkitės: {answer.institution}." if answer.institution else "",
        f"Šaltinis: {answer.source}" + (f", {answer.updated}." if answer.updated else "."),
        "Informacija ir sumos galėjo pasikeisti; tai ne teisinė konsultacija." if answer.updated else "",
        SIGNATURE,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _said(answer: SpokenAnswer) -> str:
    return written(" ".join(answer.sentences))
