"""The line's real dial plan and real texts, read once for all tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from ivr.dialog.plan import Plan, load_plan
from ivr.paths import project_file
from ivr.speech.prompts import PromptBook, other_texts

# A machine that has much else to do is no fault of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    book = PromptBook(project_file("prompts"), "lt")
    return {name: book.text(name) for name in book.ids} | other_texts(project_file("prompts"), "lt")


@pytest.fixture(scope="session")
def plan(texts: dict[str, str]) -> Plan:
    path = project_file("dialplans", "1883.yaml")
    return load_plan(path.read_text(encoding="utf-8"), str(path), prompts=texts)
