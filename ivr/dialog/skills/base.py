"""The door between the machine and a skill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, get_args

from ivr.dialog.commands import Option
from ivr.dialog.parts import Part
from ivr.dialog.ports import Kind
from ivr.dialog.stage import Stage
from ivr.events import Event

N = TypeVar("N", bound=Part)
_KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a caller's own sentence leads that is another matter. ``node`` takes it up; ``kinds``: of which it must be;
    ``likely``: it need not be sure.
    """

    node: str
    kinds: frozenset[Kind] = _KINDS
    likely: bool = False


class Skill(Generic[N]):
    """One visit to one node. The machine calls; the skill acts through the stage.

    ``obeys``: keys and the global commands count here. ``waits``: the caller has
    the turn here, so "back" leads here again. ``phrases`` and ``keys`` are what
    the node itself understands; the machine adds the commands.
    """

    obeys = False
    waits = False
    listens = True  # false: the skill opens the ear by itself
    open_speech = False  # anything may be said: a command counts only when nothing else was said

    def __init__(self, node: N, stage: Stage) -> None:
        self.node, self.stage = node, stage

    @property
    def phrases(self) -> Mapping[str, Option]:
        return {}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        """Key → option; None for a key that :meth:`pressed` deals with."""
        return {}

    @property
    def wants_agent(self) -> bool:
        """A person is being rung or spoken to for the caller."""
        return False

    @property
    def offers_person(self) -> bool:
        """The caller was just asked whether they want to talk to a person: „ne, su darbuotoju“ is a no here."""
        return False

    @property
    def elsewhere(self) -> Elsewhere | None:
        """Where a sentence leads that answers nothing here but is another matter; None: nowhere, it is not weighed."""
        return None

    def listen(self, commands: Sequence[str]) -> None:
        """Open the ear for what counts here."""
        self.stage.listen(self.stage.node, [*self.phrases, *commands])

    def enter(self) -> None:
        """The node begins."""
        raise NotImplementedError  # each skill has its own

    def said(self, completed: bool) -> None:
        """All that was to be said is over; ``completed``: the last of it was heard to its end."""

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        """The caller said or keyed one of the options."""

    def pressed(self, key: str) -> None:
        """A key came that no option and no command knows."""

    def heard(self, text: str, confidence: float) -> bool:
        """The caller said what is neither option nor command; true when it was of use."""
        return False

    def told(self, sentence: str, passing: str) -> bool:
        """The caller said a whole sentence in their own words; true when it was of use.

        ``passing``: the phrase in it that counts here, empty when there is none.
        """
        return False

    def unmatched(self) -> None:
        """The caller spoke, and nothing of it was understood; nothing is being said by us."""

    @property
    def unreached(self) -> bool:
        """The caller waits for a person who has not come: a call that ends now is a missed one (A12.12)."""
        return False

    def speech_started(self) -> None:
        """The caller began to speak."""

    def timer(self, name: str) -> None:
        """A timer that this skill set is due."""

    def on(self, event: Event) -> None:
        """Anything else: people, recording, ear, hold."""

    def stopped(self) -> None:
        """The caller wants silence: what was being said is cut already."""

    def command_given(self, by: str) -> None:
        """A global command leads away from here; ``by`` voice or key."""

    def hung_up(self) -> None:
        """The caller is gone; only notes are useful now."""
