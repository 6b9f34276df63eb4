"""What office and workers write to each other: all comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivr.people import handover as talk

MESSAGES: tuple[talk.Message, ...] = (
    talk.Seek("c1", topic="pensions", language="lt", wanted="", tried=(3, 4)),
    talk.Report(7, talk.Step.ENDED),
    talk.Resume({"7": "bridged"}),
    talk.InLine("c1", 2, None),
    talk.InLine("c1", 2, 5),
    talk.Standing(wait_s=3),
    talk.Rang(4, talk.RingStep.FAILED, "486"),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_come_back_as_they_were(message: talk.Message) -> None:
    assert talk.message_of(talk.line_of(message)) == message


@pytest.mark.parametrize(
    ("message", "name", "value"),
    [
        (talk.Report(7, talk.Step.ENDED), "offer", [7]),
        (talk.Report(7, talk.Step.ENDED), "offer", 2**63),
        (talk.Report(7, talk.Step.ENDED), "reason", {"a": 1}),
        (talk.Resume({}), "offers", "c1"),
        (talk.Leave("c1"), "call", 5),
        (talk.InLine("c1", 2, None), "minutes", "two"),
    ],
)
def test_fields_of_another_type_are_refused(message: talk.Message, name: str, value: Any) -> None:
    line = json.loads(talk.line_of(message)) | {name: value}
    with pytest.raises(ValueError, match=name):
        talk.message_of(json.dumps(line).encode())
