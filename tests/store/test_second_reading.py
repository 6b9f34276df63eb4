"""The mark of the second reading: written into the file, read back from it, broken by a changed text."""

from __future__ import annotations

from datetime import date

from ivr.knowledge.check import check_entries
from ivr.knowledge.pack import load_topic_file
from ivr.store.shelf import mark_reviewed

FILE = "line.yaml"
TOPIC = """\
pack: linija
topic: line
entries:
  - id: darbo_laikas
    basis: testas
    date: null
    about: darbo laiką
    institution: uzimtumo_tarnyba
    examples: [kada dirbate]
    short: Dirbame darbo dienomis.
    long: [Savaitgaliais nedirbame.]
    documents: null
    submit: null
"""


def _rules(text: str) -> set[str]:
    return {finding.rule for finding in check_entries(load_topic_file(text, FILE), None, {}, {"line"})}


def test_a_recorded_reading_is_read_back() -> None:
    marked = mark_reviewed(TOPIC, FILE, (), date(2026, 1, 2))
    review = load_topic_file(marked, FILE)[0].entry.reviewed
    assert review is not None
    assert review.day == date(2026, 1, 2)
    assert "review" in _rules(TOPIC)
    assert "review" not in _rules(marked)


def test_a_changed_text_needs_another_reading() -> None:
    marked = mark_reviewed(TOPIC, FILE, (), date(2026, 1, 2)).replace("darbo dienomis", "kasdien")
    assert "review" in _rules(marked)
    assert "review" not in _rules(mark_reviewed(marked, FILE, (), date(2026, 1, 3)))
