"""Sentences that must be heard to their end: who was on hold meanwhile hears them again."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialog.skills.base import N, Skill
from ivr.dialog.stage import Stage
from ivr.events import Event, Held, Resumed


class HeardOut(Skill[N]):
    """Says :attr:`sentences` uninterruptibly; :meth:`heard_out` follows when they really were heard."""

    def __init__(self, node: N, stage: Stage) -> None:
        super().__init__(node, stage)
        self._missed = False

    @property
    def sentences(self) -> Sequence[str]:
        raise NotImplementedError  # each skill has its own

    def heard_out(self, completed: bool) -> None:
        """``completed`` is false when the sound failed; the call goes on."""
        raise NotImplementedError  # each skill has its own

    def enter(self) -> None:
        self._say()

    def said(self, completed: bool) -> None:
        if not self._missed:
            self.heard_out(completed)
        elif not self.stage.held:
            self._say()

    def on(self, event: Event) -> None:
        if isinstance(event, Held):
            self._missed = True
        elif isinstance(event, Resumed) and not self.stage.speaking:
            self._say()

    def _say(self) -> None:
        self._missed = self.stage.held
        self.stage.say(self.sentences, interruptible=False, repeatable=False)
