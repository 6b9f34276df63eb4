"""The picture's own words, in the language of those who look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "say": "pasako", "notice": "įspėja dėl įrašo", "choice": "klausia", "gate": "atviras klausimas",
    "answer": "atsako", "branch": "pagal sąlygą", "transfer": "jungia", "message": "priima žinutę",
    "task": "palieka užduotį", "goodbye": "atsisveikina", "slot": "paprašo duomenų", "question": "laukia klausimo",
    "tell": "pasako daugiau", "send": "išsiunčia", "directory": "ieško darbuotojo", "callback": "sutaria laiką",
    "authenticate": "tikrina tapatybę", "personal": "asmeninė informacija", "conflict": "ramina, įspėja",
}  # fmt: skip
"""What each kind of node does."""

WAYS: Final[Mapping[str, str]] = {
    "next": "toliau", "give_up": "nepavykus", "otherwise": "kitaip", "failed": "nepavyko", "returned": "grįžo",
    "unavailable": "negalima", "unknown": "nežinomas", "available": "yra", "away": "nėra", "passed": "patvirtinta",
    "unanswered": "atsakymo nėra", "agreed": "sutarta", "none_suits": "nė vienas netinka", "nothing": "nėra ką",
    "sent": "išsiųsta", "skipped": "praleista", "own_words": "savais žodžiais", "told": "jau pasakius",
    "named": "pasakius vardą", "unclear_means": "neaišku ar tyla", "personal": "asmeninis reikalas",
    "human": "nori žmogaus", "message": "nori palikti žinutę",
}  # fmt: skip
"""Ways out of a node, by the field that names them."""

CONDITIONS: Final[Mapping[str, str]] = {
    "agent_available": "yra konsultantas", "recording_running": "įrašoma", "recording_declined": "įrašo atsisakyta",
    "caller_known": "numeris žinomas", "office_open": "darbo laikas", "holiday": "šventė", "queue_long": "ilga eilė",
    "authenticated": "tapatybė patvirtinta", "answers_available": "yra žinių", "other_language": "kalbama kita kalba",
    "other_languages": "yra kitų kalbų", "return_known": "žinoma, kada grįš", "substitute_known": "yra pavaduotojas",
    "remark": "pastaba ar padėka", "sms_available": "galima SMS", "email_available": "galimas el. paštas",
}  # fmt: skip
"""What branches ask for."""

COMMANDS: Final = "Visur suprantama"
VERSION: Final = "versija"
ANYTHING_ELSE: Final = "visa kita"
DOES: Final[Mapping[str, str]] = {
    "repeat": "pakartoja", "slower": "kalba lėčiau", "spell": "diktuoja", "back": "grįžta prie klausimo prieš tai",
    "stop": "nutyla", "unrecord": "nutraukia ir ištrina įrašą",
}  # fmt: skip
"""What commands without a node do."""
