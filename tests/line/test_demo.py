"""The main job: ``ivr demo`` really plays a call, and says so only if every step was heard."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.paths import project_file

pytestmark = [pytest.mark.sip, pytest.mark.slow]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ivr", "demo", *arguments], capture_output=True, text=True, timeout=240, check=False
    )


def test_once_with_json_is_one_object_and_nothing_else() -> None:
    done = demo("--once", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert summary["ok"] is True
    (call,) = summary["calls"]
    assert call["faults"] == []
    assert call["outcome"] == "answered"
    assert all(turn["heard"] for turn in call["understood"])
    assert [step["ok"] for step in call["sound"]["steps"]] == [True] * len(call["sound"]["steps"])
    recording = Path(call["recording"])
    assert recording.stat().st_size == 44 + round(call["recording_s"] * 8000) * 4
    assert call["recording_state"] == "ok"


def test_a_step_that_was_not_heard_fails_the_demo_and_is_named(tmp_path: Path) -> None:
    scenario = tmp_path / "wrong.yaml"
    scenario.write_text(
        "name: wrong\ndescription: Expects a goodbye instead of the greeting.\n"
        "steps:\n  - expect: {prompt: goodbye, within_ms: 1500}\n  - hangup: {}\n",
        encoding="utf-8",
    )
    done = demo("--scenario", str(scenario))
    assert done.returncode == 1
    assert "expect goodbye" in done.stdout
    assert "every step was really heard" not in done.stdout


def test_the_demos_own_scenarios_expect_only_prompts_that_exist() -> None:
    from ivr.simulator.scenario import load_scenario
    from ivr.speech.prompts import PromptBook

    known = set(PromptBook(project_file("prompts"), "lt").ids)
    for path in project_file("ivr", "simulator", "scenarios").glob("*.yaml"):
        assert set(load_scenario(path).prompts) <= known, path.name
