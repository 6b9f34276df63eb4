"""``ivr bench asr`` measures the real speech process over its socket."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ivr.commands.bench import bench


@pytest.mark.slow
def test_callers_at_once_are_answered_and_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SPEECH_VOICE", "espeak")
    done = CliRunner().invoke(bench, ["asr", "--streams", "2", "--seconds", "4", "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["streams"] == 2
    assert result["turns"] >= 2
    assert result["understood"] >= 1
    assert result["dropped_s"] == 0
    for key in ("rtf", "load_s", "rss_mb"):
        assert result[key] > 0
    assert set(result["endpoint_to_text_ms"]) == {"p50", "p95", "p99"}


def test_a_model_that_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SPEECH_MODEL", "nowhere")
    done = CliRunner().invoke(bench, ["asr", "--json"])
    assert done.exit_code == 1
    assert "model folder is missing" in done.output
