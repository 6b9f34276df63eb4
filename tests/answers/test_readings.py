"""What editors learn from the journal: who heard an old answer, and what was not answered, without who asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.answers.anonymous import anonymous
from ivr.answers.readings import grouped, heard_old, missed
from ivr.commands.knowledge import knowledge
from ivr.events import JournalKind
from ivr.language.given_names import given_names
from ivr.language.surnames import surnames
from ivr.privacy import MASK
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.schema import JournalEvent
from ivr.store.shelf import Shelf

NOW = datetime.now(UTC) - timedelta(hours=1)


class Calls:
    """Writes events of calls in order."""

    def __init__(self) -> None:
        self.events: list[JournalEvent] = []

    def note(self, call: str, kind: JournalKind, **data: object) -> Calls:
        at = NOW + timedelta(seconds=len(self.events))
        self.events.append(JournalEvent(call, len(self.events) + 1, at, kind.value, data))
        return self

    def refused(self, call: str, text: str) -> Calls:
        return self.note(
            call, JournalKind.ANSWER_SOUGHT, pii_text=text, decision="refuse", candidates=["ministerija/a"]
        )


@pytest.mark.rule("A20")
def test_who_heard_an_answer_that_was_changed_since_is_listed() -> None:
    calls = Calls()
    for call, version in (("c1", "old"), ("c2", "new"), ("c3", "old")):
        calls.note(call, JournalKind.CALL_OFFERED, pii_caller=f"+3706123456{call[1]}")
        calls.note(call, JournalKind.ANSWER_GIVEN, answer="ministerija/a", version=version, heard="whole")
    calls.note("c3", JournalKind.ANSWER_GIVEN, answer="ministerija/gone", version="x", heard="part")
    calls.note("c3", JournalKind.ANSWER_GIVEN, answer="5.7", heard="whole")  # of the plan itself, which has no version
    found = heard_old(calls.events, {"ministerija/a": "new"})
    assert [(one.call_id, one.answer, one.gone) for one in found] == [
        ("c1", "ministerija/a", False),
        ("c3", "ministerija/a", False),
        ("c3", "ministerija/gone", True),
    ]
    assert found[0].caller.reveal() == "+37061234561"
    assert "61234561" not in repr(found)
    assert [one.call_id for one in heard_old(calls.events, {"ministerija/a": "new"}, ["ministerija/gone"])] == ["c3"]


def test_what_was_not_answered_is_collected_with_its_reason() -> None:
    calls = Calls().refused("c1", "kada bus lietus")
    calls.note("c2", JournalKind.ANSWER_SOUGHT, pii_text="kiek gausiu", decision="choose", candidates=["ministerija/b"])
    calls.note("c2", JournalKind.INTENT_DECIDED, intent="refuse", offered=["ministerija/b"], by="voice")
    calls.note("c3", JournalKind.ANSWER_SOUGHT, pii_text="kada moka", decision="answer", candidates=["ministerija/c"])
    calls.note("c3", JournalKind.INTENT_DECIDED, intent="not_helped", by="voice")
    calls.note("c4", JournalKind.ANSWER_SOUGHT, pii_text="kaip gauti", decision="answer", candidates=["ministerija/d"])
    calls.note("c4", JournalKind.INTENT_DECIDED, intent="helped", by="voice")
    calls.note("c5", JournalKind.INTENT_DECIDED, intent="not_helped", by="voice")  # nothing was asked in this call
    assert [(one.text, one.why, one.nearest) for one in missed(calls.events)] == [
        ("kada bus lietus", "refused", "ministerija/a"),
        ("kiek gausiu", "rejected", "ministerija/b"),
        ("kada moka", "not_helped", "ministerija/c"),
    ]


def test_questions_about_the_same_are_one_group_the_largest_first() -> None:
    calls = Calls().refused("c1", "kiek kainuoja paso keitimas").refused("c2", "kada bus lietus Vilniuje")
    calls.refused("c3", "paso keitimo kaina kiek kainuoja").refused("c4", "pasų keitimas kiek kainuoja")
    groups = grouped(missed(calls.events))
    assert [len(group.missed) for group in groups] == [3, 1]
    assert "pasų keitimas kiek kainuoja" in groups[0].examples
    assert groups[0].why == {"refused": 3}


@pytest.mark.rule("A3.1")
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mano vardas Ona Petraitienė ar gausiu pensiją", f"mano vardas {MASK} ar gausiu pensiją"),
        ("kodas vienas du trys keturi", f"kodas {MASK}"),
        ("telefonas 861234567 kada skambinsit", f"telefonas {MASK} kada skambinsit"),
        ("rašykit jonas@pastas.lt prašau", f"rašykit {MASK} prašau"),
        ("asmens kodas 385-0101", f"asmens kodas {MASK}"),
    ],
)
def test_who_asked_is_masked(said: str, kept: str) -> None:
    assert anonymous(said) == kept


def test_what_packs_say_themselves_is_nobodys_name() -> None:
    assert anonymous("Aušra klausia") == f"{MASK} klausia"
    assert anonymous("Aušra klausia", {"ausra"}) == "Aušra klausia"
    assert anonymous("kokia pensija man šešiasdešimt treji metai") == "kokia pensija man šešiasdešimt treji metai"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(surnames())),
    st.sampled_from(sorted(given_names())),
    st.text("0123456789", min_size=5, max_size=11),
)
def test_no_name_and_no_long_number_is_left(surname: str, given_name: str, number: str) -> None:
    kept = anonymous(f"aš {given_name} {surname} numeris {number} klausiu")
    assert kept == f"aš {MASK} numeris {MASK} klausiu"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(anonymous(text), str)


def test_editors_see_it_by_commands(tmp_path: Path, shelf: Shelf) -> None:
    calls = Calls().note("c1", JournalKind.CALL_OFFERED, pii_caller="+37061234567")
    calls.refused("c1", "Jonas Petraitis klausia kada bus lietus").refused("c1", "kada bus lietus")
    first = shelf.placed[0]
    calls.note("c1", JournalKind.ANSWER_GIVEN, answer=first.id, version="of old", heard="whole")
    calls.note("c1", JournalKind.ANSWER_GIVEN, answer=first.id, version=first.entry.seal(), heard="whole")
    journal = Journal(open_database(tmp_path / "journal.db"))
    for event in calls.events:
        journal.append(event.call_id, event.kind, event.data, event.at)
    config = tmp_path / "ivr.toml"
    config.write_text(f'[line]\ndata_dir = "{tmp_path}"\n', encoding="utf-8")
    run = CliRunner().invoke(knowledge, ["unanswered", "--config", str(config), "--json"])
    [group] = json.loads(run.output)
    assert (group["times"], group["nearest"]) == (2, "ministerija/a")
    assert "Petraitis" not in run.output
    run = CliRunner().invoke(knowledge, ["heard", "--config", str(config), "--json"])
    [old] = json.loads(run.output)
    assert (old["answer"], old["pii_caller"]) == (first.id, "•••567")
    for command in ("unanswered", "heard"):
        assert CliRunner().invoke(knowledge, [command, "--config", str(config)]).exit_code == 0
