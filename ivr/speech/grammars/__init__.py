"""Typed grammars: what a prompt expects, as phrases for the ear and as a value for the mind.

====================  ==============================================  ==========================
name                  what is asked                                   value
====================  ==============================================  ==========================
``digits:4``          a code of so many digits                        ``str`` of digits
``number``            one number, with or without what is counted     ``int``
``age``               somebody's age                                  ``int``, whole years
``phone``             a Lithuanian telephone number                   ``str``, +370…
``month``             a month                                         ``int`` 1–12
``day``               month and day                                   ``MonthDay``
``date``              year, month and day                             ``datetime.date``
``yesno``             yes or no                                       ``bool``
``name``              name and surname                                ``PersonName``
``given``             a given name alone                              ``str``
``surname``           a surname alone                                 ``str``
``street``            a street                                        ``str``
``municipality``      one of the sixty                                ``str``, official name
``email``             a spelled address                               ``str``
``open``              anything                                        ``str``
====================  ==============================================  ==========================

Choices (``Choice``) belong to a plan and have no name of their own. None always means "not understood".
"""

from __future__ import annotations

from typing import Any

from ivr.errors import SpeechError
from ivr.speech.grammars.addresses import Email, Mailbox, MailDomain
from ivr.speech.grammars.base import SpokenGrammar, missing_words
from ivr.speech.grammars.calendar import Date, Day, Month
from ivr.speech.grammars.figures import Age, Digits, Number, Phone
from ivr.speech.grammars.proper import GivenName, MunicipalityName, Name, PersonName, Street, Surname
from ivr.speech.grammars.words import Choice, OpenQuestion, YesNo

__all__ = [
    "NAMES",
    "Age",
    "Choice",
    "Date",
    "Day",
    "Digits",
    "Email",
    "GivenName",
    "MailDomain",
    "Mailbox",
    "Month",
    "MunicipalityName",
    "Name",
    "Number",
    "OpenQuestion",
    "PersonName",
    "Phone",
    "SpokenGrammar",
    "Street",
    "Surname",
    "YesNo",
    "by_name",
    "missing_words",
]

NAMES = (
    "digits:4", "number", "age", "phone", "month", "day", "date", "yesno", "name", "given", "surname", "street",
    "municipality", "email", "mailbox", "maildomain", "open",
)  # fmt: skip


def by_name(name: str, *, latest_year: int) -> SpokenGrammar[Any]:
    """The grammar of a name from the table above; ``latest_year`` bounds dates.

    Raises:
        SpeechError: there is no such grammar.
    """
    kind, _, size = name.partition(":")
    plain: dict[str, SpokenGrammar[Any]] = {
        "number": Number(), "age": Age(), "phone": Phone(), "month": Month(), "day": Day(), "date": Date(latest_year),
        "yesno": YesNo(), "name": Name(), "given": GivenName(), "surname": Surname(), "street": Street(),
        "municipality": MunicipalityName(), "email": Email(), "mailbox": Mailbox(), "maildomain": MailDomain(),
        "open": OpenQuestion(),
    }  # fmt: skip
    if kind == "digits" and size.isdecimal() and 1 <= int(size) <= 16:
        return Digits(int(size))
    if size or kind not in plain:
        raise SpeechError("grammar", f"there is no grammar called {name!r}", f"Name one of: {', '.join(NAMES)}")
    return plain[kind]
