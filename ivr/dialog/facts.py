"""What the mind is told about the world before the call begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialog.ports import Channel
from ivr.privacy import Pii


@dataclass(frozen=True, slots=True)
class Errand:
    """Why the line itself calls somebody (A12.11, A12.15).

    ``name``: whom to ask for, empty when nobody said; ``answer``: what they are told, in an employee's words, empty:
    they are offered a person; ``wanted``: name of the employee whose matter it is; ``matter``: what they came with.
    """

    name: Pii = field(default_factory=lambda: Pii(""))
    answer: Pii = field(default_factory=lambda: Pii(""))
    wanted: str = ""
    topic: str = ""
    matter: Pii = field(default_factory=lambda: Pii(""))


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one call, fixed when it is offered.

    ``agent_available``: there is a person to hand over to while the office is open.
    ``recording_enabled``: this call is recorded once the notice was heard (A17, X2).
    ``caller``: the number that the network gave, empty when withheld.
    ``ear_available``: recognition runs when the call begins; later changes come as
    ``EarChanged``. ``at``: when the call was offered, with its zone; None: the office
    counts as open at any time. ``wait_s``: estimated wait for a person, in seconds.
    ``answers_available``: questions in one's own words can be answered.
    ``channels``: ways by which an answer can be sent.
    ``others``: ids of prompts in other languages than the line's, the language before a colon (``en:greeting``).
    ``wordings``: ids of prompts that have several wordings, with all of them (:mod:`ivr.dialog.wording`).
    ``errand``: the line placed this call, and why; None: somebody called the line.
    """

    agent_available: bool = False
    recording_enabled: bool = True
    caller: Pii = field(default_factory=lambda: Pii(""))
    ear_available: bool = True
    at: datetime | None = None
    wait_s: float = 0.0
    answers_available: bool = False
    channels: frozenset[Channel] = frozenset()
    wordings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    errand: Errand | None = None

    @property
    def caller_known(self) -> bool:
        """The network gave a number that one can call back."""
        return bool(self.caller)
