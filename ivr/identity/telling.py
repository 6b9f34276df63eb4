"""What an authenticated person is told about their own matters, as sentences; each role its own (T6, T7, A3.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ivr.identity.ports import Matters
from ivr.identity.questions import Role
from ivr.language.addresses import email_words
from ivr.language.days import date_words, day_words, time_words
from ivr.language.declension import Case
from ivr.language.digits import digit_words

_ZONE: Final = ZoneInfo("Europe/Vilnius")
STATUS: Final = "status"
LOGIN: Final = "login"
# Whom each kind of matter is told to.
_ROLES: Final[dict[str, Role]] = {STATUS: "job_seeker", LOGIN: "e_service"}


def told(matters: Matters, about: str, role: Role, now: datetime) -> tuple[str, ...]:
    """``about``: ``status`` for job seekers, ``login`` for users of e-services; nothing for the other one's.

    ``now`` with its zone: a visit that is over is no next visit.
    """
    if _ROLES.get(about) != role:
        return ()
    return _login(matters) if about == LOGIN else _status(matters, now)


def _login(matters: Matters) -> tuple[str, ...]:
    if not matters.login:
        return ("Svetainėje prisijungimo vardo nesate susikūrę.",)
    return (f"Jūsų prisijungimo vardas yra {email_words(matters.login.reveal())}.",)


def _status(matters: Matters, now: datetime) -> tuple[str, ...]:
    said: list[str] = []
    if matters.registered:
        said.append("Jūsų registracija Užimtumo tarnyboje galioja.")
        if matters.registration:
            said.append(f"Registracijos numeris: {digit_words(matters.registration.reveal())}.")
    else:
        said.append("Šiuo metu Užimtumo tarnyboje registracijos neturite.")
    if matters.next_visit is not None and matters.next_visit > now:
        at = matters.next_visit.astimezone(_ZONE)
        said.append(
            f"Kitas jūsų vizitas: {day_words(at.month, at.day, Case.ACCUSATIVE)}, {time_words(at.hour, at.minute)}."
        )
    else:
        said.append("Kito vizito paskirta nėra.")
    if matters.specialist:
        said.append(f"Jus konsultuoja {matters.specialist}.")
    if matters.last_decision is not None:
        said.append(f"Paskutinis sprendimas dėl jūsų priimtas {date_words(matters.last_decision, Case.ACCUSATIVE)}.")
    return tuple(said)
