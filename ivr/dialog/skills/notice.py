"""The recording notice (A17.1, X2): no notice heard to its end, no recording."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialog.nodes import NoticeNode
from ivr.dialog.skills.heard_out import HeardOut
from ivr.events import JournalKind, Record


class Notice(HeardOut[NoticeNode]):
    """Where recording is off, another wording says so, and nothing is recorded."""

    @property
    def sentences(self) -> Sequence[str]:
        return self.node.recorded if self.stage.facts.recording_enabled else self.node.unrecorded

    def heard_out(self, completed: bool) -> None:
        if completed and self.stage.facts.recording_enabled:
            self.stage.note(JournalKind.NOTICE_COMPLETED, {"prompts": list(self.node.recorded)})
            self.stage.do(Record("start"))
            self.stage.recording_running = True  # until RecordingChanged says otherwise
        self.stage.goto(self.node.next)
