"""What pjsip calls before it sees a message: it answers, whatever happens in it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from ivr.telephony.native import _module


@pytest.mark.parametrize("taken", [True, False])
def test_a_message_is_taken_when_the_sieve_says_so(taken: bool) -> None:
    asked: list[int] = []

    def takes(message: int) -> bool:
        asked.append(message)
        return taken

    assert _module("sieve", 1, takes).on_rx_request(7) == taken
    assert asked == [7]


def test_a_fault_of_the_sieve_lets_the_message_pass_and_is_told() -> None:
    def fails(message: int) -> bool:
        raise ValueError(message)

    with capture_logs() as told:
        assert _module("sieve", 1, on_response=fails).on_rx_response(7) == 0
    assert [(entry["event"], entry["module"]) for entry in told] == [("sip.sieve_failed", "sieve")]
