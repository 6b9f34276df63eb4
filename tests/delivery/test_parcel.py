"""What travels between node and office: opened as it was sealed, and refused where a name would be a path."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.delivery.parcel import Batch, opened_batch, sealed_batch
from ivr.errors import NodeRefused
from ivr.store.arrivals import Standing
from ivr.store.journal import JournalEvent, is_call_id, new_call_id
from tests.delivery.machines import AT

KEY = bytes(32)


def travelled(call: str, file: object = "a.wav") -> Batch:
    event = JournalEvent(call, 1, AT, "recording.started", {"file": file})
    batch = Batch(Standing("s"), Standing("s", 1), (event,))
    opened = opened_batch(KEY, "line-1", sealed_batch(KEY, "line-1", batch))
    assert opened == batch
    return opened


@given(st.datetimes())
def test_every_name_of_the_lines_own_travels(at: datetime) -> None:
    call = new_call_id(at)
    assert travelled(call)
    assert is_call_id(f"{call}-line-1")


@pytest.mark.parametrize("call", ["../../etc/x", "a/b", "a.b", "", "a" * 81, "ą", "a\n", "a\0", ".."])
def test_a_call_whose_name_would_be_a_path_is_refused(call: str) -> None:
    with pytest.raises(NodeRefused, match="call whose name"):
        travelled(call)


@pytest.mark.parametrize("file", ["/etc/passwd", "../a.wav", "a/b.wav", "a./b", ".wav", 7, {"x": 1}])
def test_a_recording_whose_name_would_be_a_path_is_refused(file: object) -> None:
    with pytest.raises(NodeRefused, match="recording whose name"):
        travelled("a", file)


@pytest.mark.parametrize("file", ["", None, "a.wav", "20261121-210632-9f3a1c.wav.part"])
def test_a_recordings_own_names_travel(file: object) -> None:
    assert travelled("a", file)
