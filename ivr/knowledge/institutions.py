"""Institutions that answers send callers to, and what is known of reaching them.

A contact stands here only if the documents of the line give it; an empty one is for the office to fill. While it is
empty the line names the institution and offers a person.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from ivr.dialog.marked_yaml import read_as
from ivr.errors import KnowledgeError
from ivr.knowledge.pack import Part, Text, refused

OWN: Final = "uzimtumo_tarnyba"
"""The office whose line this is: its matters need no naming of an institution."""


class Institution(Part):
    """``named``: beginnings of words or phrases, one of which the first sentence of an answer holds.

    ``phone``, ``email``, ``address``, ``web``: empty until known; ``source``: where a contact comes from.
    """

    name: Text
    named: tuple[Text, ...] = Field(min_length=1)
    phone: str = ""
    email: str = ""
    address: str = ""
    web: str = ""
    source: str = ""

    @property
    def reachable(self) -> bool:
        """Whether any contact is known."""
        return bool(self.phone or self.email or self.address or self.web)


class _Institutions(Part):
    institutions: dict[str, Institution]


def load_institutions(text: str, file: str) -> dict[str, Institution]:
    """Institutions by key, in the file's order.

    Raises:
        KnowledgeError: no YAML, a wrong field, a contact without its source, or the own office missing.
    """
    read, marked = read_as(_Institutions, text, file, KnowledgeError, refused)
    institutions = read.institutions
    for key, institution in institutions.items():
        if institution.reachable and not institution.source:
            line = marked.line(("institutions", key))
            raise KnowledgeError(file, line, f"{key} has a contact without a source", "Name the document in source")
    if OWN not in institutions:
        raise KnowledgeError(file, 0, f"the institution {OWN!r} is missing", "It is the line's own office: add it")
    return institutions
