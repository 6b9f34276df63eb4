"""An answer as it is read back before it counts: exact enough that an error of the ear is noticed.

Only what was heard goes into it, and nothing of anybody's record: two people who say the same hear the same.
"""

from __future__ import annotations

from datetime import date

from ivr.language.addresses import email_words
from ivr.language.dates import MONTHS
from ivr.language.days import date_words
from ivr.language.digits import digit_words
from ivr.language.numbers import cardinal
from ivr.language.phones import spoken_phone


def read_back(grammar: str, value: str) -> str:
    """The sentence; ``value`` as :func:`canonical` gives it. What has no way of its own is said as it stands.

    >>> read_back("digits:4", "4861"), read_back("month", "3"), read_back("number", "12")
    ('Keturi aštuoni šeši vienas.', 'Kovas.', 'Dvylika.')
    >>> read_back("date", "2024-05-03"), read_back("street", "Laisvės")
    ('Du tūkstančiai dvidešimt ketvirtų metų gegužės trečioji.', 'Laisvės.')
    >>> read_back("mailbox", "jonas.p1"), read_back("maildomain", "gmail.com")
    ('Jonas taškas pė vienas.', 'Džimeil taškas kom.')
    """
    said = _words(grammar, value)
    return f"{said[:1].upper()}{said[1:]}."


def canonical(value: object) -> str:
    """A grammar's value as text: a date as ISO, everything else as it prints.

    >>> canonical(date(2024, 5, 3)), canonical(3), canonical("+37061234567")
    ('2024-05-03', '3', '+37061234567')
    """
    return value.isoformat() if isinstance(value, date) else str(value)


def _words(grammar: str, value: str) -> str:
    match grammar.partition(":")[0]:
        case "digits":
            return digit_words(value)
        case "phone":
            return spoken_phone(value)
        case "month":
            return MONTHS[int(value) - 1]
        case "date":
            return date_words(date.fromisoformat(value), named=False)
        case "number":
            return cardinal(int(value))
        case "mailbox" | "maildomain":
            return email_words(value)
        case _:
            return value
