"""A call in two Lithuanian sentences: for the whisper before the bridge, and for the note on the call (A12.13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from ivr.people.context import CallContext, Proof, Sign

_ZONE: Final = ZoneInfo("Europe/Vilnius")
_LONGEST_QUESTION: Final = 140  # characters; longer ones keep their end, where people come to the point
_PROOFS: Final = {
    Proof.NONE: "tapatybė netikrinta",
    Proof.STARTED: "tapatybės tikrinimas nebaigtas",
    Proof.PASSED: "tapatybė patvirtinta {time}",
    Proof.FAILED: "tapatybės patvirtinti nepavyko",
}
_SIGNS: Final = {
    Sign.THREAT: "buvo grasinimų",
    Sign.INSULT: "buvo įžeidžiamų žodžių",
    Sign.COMPLAINT: "turi nusiskundimų",
    Sign.MISUNDERSTOOD: "asistentė kelis kartus nesuprato",
    Sign.NOT_RECORDED: "prašė neįrašinėti",
}


def summary(context: CallContext, titles: Mapping[str, str]) -> str:
    """Why they call, and what has been done. ``titles``: topics' titles by id.

    The first sentence holds the caller's own words and is therefore personal data.
    """
    return f"{_why(context, titles)} {_so_far(context)}"


def whisper(context: CallContext, titles: Mapping[str, str]) -> str:
    """For the agent's ear alone: topic, authentication, signs; none of the caller's own words."""
    subject = f"Tema: {_title(context, titles)}." if context.topic else "Priežastis dar neaiški."
    return f"{subject} {_sentence([_proof(context), *_signs(context)])}"


def _why(context: CallContext, titles: Mapping[str, str]) -> str:
    about = f", tema „{_title(context, titles)}“" if context.topic else ""
    if context.questions:
        return f"Teiravosi: „{_shortened(context.questions[-1])}“{about}."
    return f"Skambina{about}." if context.topic else "Skambučio priežasties nepasakė."


def _so_far(context: CallContext) -> str:
    done = []
    if context.answers:
        whole = context.answers[-1].whole
        done.append("atsakymą išklausė" if whole else "atsakymo iki galo neišklausė")
    if context.slots.get("type") == "callback":
        done.append("sutarta perskambinti")
    return _sentence([*done, _proof(context), *_signs(context)])


def _proof(context: CallContext) -> str:
    time = context.proved_at.astimezone(_ZONE).strftime("%H:%M") if context.proved_at else ""
    return _PROOFS[context.proof].format(time=time)


def _signs(context: CallContext) -> list[str]:
    return [words for sign, words in _SIGNS.items() if sign in context.signs]


def _title(context: CallContext, titles: Mapping[str, str]) -> str:
    return titles.get(context.topic, context.topic)


def _sentence(parts: list[str]) -> str:
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _shortened(question: str) -> str:
    if len(question) <= _LONGEST_QUESTION:
        return question
    return f"… {question[-_LONGEST_QUESTION:].partition(' ')[2]}"
