"""The topics file: the line's own topics can't get lost, and plans name only topics that exist."""

from __future__ import annotations

import pytest

from ivr.dialog.plan import load_plan
from ivr.dialog.topics import REQUIRED, load_topics
from ivr.errors import PlanError
from ivr.paths import project_file


def project_topics() -> str:
    return project_file("dialplans", "topics.yaml").read_text(encoding="utf-8")


def test_the_ministrys_twenty_and_the_lines_four() -> None:
    topics = load_topics(project_topics(), "topics.yaml")
    assert [topic.number for topic in topics.values() if topic.number is not None] == list(range(1, 21))
    assert [name for name, topic in topics.items() if topic.number is None] == list(REQUIRED)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  other: ", "  another: ", "'other' is missing"),
        ("number: 20", "number: 21", "less than or equal to 20"),
        ("  line: {title: ", "  line: {name: ", "title"),
        ("topics:\n", "topics: [\n", "topics.yaml:"),
    ],
)
def test_a_broken_topics_file_is_refused_with_its_place(old: str, new: str, problem: str) -> None:
    text = project_topics()
    assert old in text
    with pytest.raises(PlanError, match=r"topics\.yaml") as refused:
        load_topics(text.replace(old, new, 1), "topics.yaml")
    assert problem in str(refused.value)


def test_a_plan_that_names_an_unknown_topic_is_refused_with_the_line() -> None:
    text = project_file("dialplans", "1883.yaml").read_text(encoding="utf-8")
    broken = text.replace("topic: labour_relations", "topic: labor_relations")
    with pytest.raises(PlanError, match="there is no topic 'labor_relations'") as refused:
        load_plan(broken, "1883.yaml", topics=load_topics(project_topics(), "topics.yaml"))
    assert refused.value.line == broken.splitlines().index("    topic: labor_relations") + 1
    assert "labour_relations" in refused.value.remedy
