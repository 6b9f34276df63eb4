"""The line's own plan and the words of its prompts, read once for every conversation with the registry."""

from __future__ import annotations

import pytest

from ivr.dialog.plan import Plan, load_plan
from ivr.paths import project_file
from ivr.speech.prompts import PromptBook


@pytest.fixture(scope="session")
def plan() -> Plan:
    path = project_file("dialplans", "1883.yaml")
    return load_plan(path.read_text(encoding="utf-8"), str(path))


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    book = PromptBook(project_file("prompts"), "lt")
    return {name: book.text(name) for name in book.ids}
