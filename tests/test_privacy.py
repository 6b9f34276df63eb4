"""Personal data and secrets print as a mask, wherever they end up."""

from __future__ import annotations

import io
import json
import logging
import pickle
import traceback

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ivr import log
from ivr.privacy import MASK, Masked, Pii, Secret

NUMBER = "+37061234567"


@pytest.mark.parametrize("kind", [Pii, Secret])
@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "{:>20}".format, "{!r:^30}".format, lambda value: f"{[value]}"]
)
def test_a_masked_value_does_not_show_in_text(kind: type[Masked], show: object) -> None:
    assert callable(show)
    text = show(kind(NUMBER))
    assert NUMBER not in text
    assert MASK in text


def test_a_masked_value_does_not_show_in_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("line").info("call from %s, %r", Pii(NUMBER), {"secret": Secret("vasara")})
    assert MASK in caplog.text
    assert NUMBER not in caplog.text
    assert "vasara" not in caplog.text


def test_a_masked_value_does_not_show_in_a_traceback() -> None:
    def fail(caller: Pii) -> None:
        raise ValueError(f"no route for {caller}")

    with pytest.raises(ValueError, match=MASK) as caught:
        fail(Pii(NUMBER))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert NUMBER not in shown.replace(f'"{NUMBER}"', "")


@pytest.mark.parametrize("kind", [Pii, Secret])
def test_a_masked_value_leaves_the_process_only_when_revealed(kind: type[Masked]) -> None:
    with pytest.raises(TypeError, match="reveal"):
        pickle.dumps(kind(NUMBER))
    with pytest.raises(TypeError):
        json.dumps({"caller": kind(NUMBER)})
    assert kind(NUMBER).reveal() == NUMBER


def test_values_are_equal_by_kind_and_content() -> None:
    assert Pii("a") == Pii("a")
    assert Pii("a") != Pii("b")
    assert Pii("a") != Secret("a")
    assert Pii("a") != "a"
    assert len({Pii("a"), Pii("a"), Secret("a")}) == 2
    assert not Secret("")


@given(st.text(max_size=20), st.integers(min_value=1, max_value=6))
def test_the_tail_shows_no_more_than_was_asked_for_and_never_all(value: str, visible: int) -> None:
    tail = Pii(value).tail(visible)
    assert tail.startswith(MASK)
    shown = tail.removeprefix(MASK)
    assert len(shown) <= visible
    assert value.endswith(shown)
    assert not value or shown != value


@pytest.mark.parametrize("style", ["json", "text"])
def test_log_keys_of_personal_data_are_masked_whatever_they_hold(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    monkeypatch.setattr("sys.stderr", page)
    monkeypatch.setenv("IVR_LOG", style)
    log.configure("worker-0", "info")
    try:
        structlog.get_logger().info("call.offered", pii_caller=NUMBER, trunk="192.0.2.1", user=Pii("Jonas Jonaitis"))
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    line = page.getvalue()
    assert NUMBER not in line
    assert "Jonas" not in line
    assert "192.0.2.1" in line
    assert "worker-0" in line


def test_lines_of_the_standard_library_look_like_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    monkeypatch.setattr("sys.stderr", page)
    monkeypatch.setenv("IVR_LOG", "json")
    root, ours = logging.getLogger(), logging.getLogger("ivr")
    handlers, level = list(root.handlers), ours.level
    log.configure("worker-0", "info")
    try:
        logging.getLogger("ivr.telephony.line").info("leg %s, call from %s", "abc", Pii(NUMBER))
        logging.getLogger("asyncio").error("Task exception was never retrieved")
        logging.getLogger("asyncio").info("Using selector: EpollSelector")
    finally:
        root.handlers, ours.level = handlers, level
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    lines = [json.loads(line) for line in page.getvalue().splitlines()]
    assert [(line["part"], line["level"]) for line in lines] == [("worker-0", "info"), ("worker-0", "error")]
    assert lines[0]["event"] == f"leg abc, call from {MASK}"
