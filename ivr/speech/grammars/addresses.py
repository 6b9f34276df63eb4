"""Grammars of e-mail addresses: spelled whole, or in their two halves, which are heard far better."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.language.mailboxes import SIGNS, domain_of, domain_phrases
from ivr.language.numbers import cardinal
from ivr.language.spelling import email_of, mailbox_of, spelling_words
from ivr.speech.grammars.base import SpokenGrammar, without_fillers
from ivr.speech.grammars.figures import DIGITS
from ivr.speech.grammars.proper import whole_names


@dataclass(frozen=True, slots=True)
class Email(SpokenGrammar[str]):
    """An address, spelled; ``names``: names may also be said whole. Value: the address in lower case."""

    names: bool = True

    @property
    def name(self) -> str:
        return "email"

    def phrases(self) -> tuple[str, ...]:
        whole = whole_names() if self.names else ()
        return (*spelling_words(), *DIGITS, *_tens(), *whole)

    def parse(self, text: str) -> str | None:
        return email_of(text, names=frozenset(whole_names()) if self.names else frozenset())


@dataclass(frozen=True, slots=True)
class Mailbox(SpokenGrammar[str]):
    """What stands before the sign, said in names, numbers and signs; letters alone are hardly heard by any model.

    Value: as it is written.
    """

    @property
    def name(self) -> str:
        return "mailbox"

    def phrases(self) -> tuple[str, ...]:
        return (*whole_names(), *SIGNS, *DIGITS, *_tens(), "eta")

    def parse(self, text: str) -> str | None:
        return mailbox_of(without_fillers(text), names=frozenset(whole_names()))


@dataclass(frozen=True, slots=True)
class MailDomain(SpokenGrammar[str]):
    """What stands after the sign: a provider of the public list. Value: its domain."""

    @property
    def name(self) -> str:
        return "maildomain"

    def phrases(self) -> tuple[str, ...]:
        return domain_phrases()

    def parse(self, text: str) -> str | None:
        return domain_of(without_fillers(text))


def _tens() -> tuple[str, ...]:
    return tuple(cardinal(number) for number in range(10, 100))
