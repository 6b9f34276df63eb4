"""What the agent is told: all that the journal holds, nothing that it does not (A12.13, A12.17.2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.events import JournalKind
from ivr.people.context import CallContext, Proof, Sign, context_of
from ivr.people.summary import summary, whisper
from ivr.store.schema import JournalEvent

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TITLES = {"pensions": "Socialinis draudimas – pensijos", "line": "Apie 1883 liniją"}
Row = tuple[str, dict[str, Any]]


def context(*rows: Row) -> CallContext:
    offered: Row = ("call.offered", {"pii_caller": "+37061234567", "node": "line-1"})
    events = [
        JournalEvent("c1", number, AT + timedelta(minutes=number), kind, data)
        for number, (kind, data) in enumerate((offered, *rows), 1)
    ]
    return context_of("c1", events)


def asked(text: str) -> Row:
    return "turn.heard", {"grammar": "open", "text": text, "confidence": 0.8}


UNCLEAR: Row = ("turn.heard", {"grammar": "menu", "text": "", "confidence": 0.0})
ANSWERED: Row = ("answer.given", {"answer": "17.9", "source": "puslapis 17.9", "heard": "whole", "topic": "pensions"})
PASSED: Row = ("auth.verdict", {"verdict": "passed"})


@pytest.mark.rule("A12.13", "A12.17.2")
def test_a_summary_is_two_sentences_why_and_what_was_done() -> None:
    told = summary(context(asked("kada galėsiu eiti į pensiją"), ANSWERED, PASSED), TITLES)
    assert told == (
        "Teiravosi: „kada galėsiu eiti į pensiją“, tema „Socialinis draudimas – pensijos“. "
        "Atsakymą išklausė, tapatybė patvirtinta 10:04."
    )


def test_nothing_said_is_said_so() -> None:
    assert summary(context(), TITLES) == "Skambučio priežasties nepasakė. Tapatybė netikrinta."


@pytest.mark.rule("A12.17.2")
def test_the_whisper_has_topic_proof_and_signs_but_not_the_callers_words() -> None:
    told = whisper(context(asked("kada mano pensija"), ANSWERED, ("intent.decided", {"intent": "insult"})), TITLES)
    assert told == "Tema: Socialinis draudimas – pensijos. Tapatybė netikrinta, buvo įžeidžiamų žodžių."


def test_a_verdict_counts_and_never_which_answer_was_wrong() -> None:
    started = ("auth.started", {"role": "job_seeker"})
    assert context(started).proof is Proof.STARTED
    failed = context(started, ("auth.verdict", {"verdict": "failed"}))
    assert failed.proof is Proof.FAILED
    assert "tapatybės patvirtinti nepavyko" in summary(failed, TITLES).lower()


def test_signs_come_from_words_and_from_repeated_misunderstanding() -> None:
    assert context(UNCLEAR, UNCLEAR).signs == frozenset()
    assert context(UNCLEAR, UNCLEAR, UNCLEAR).signs == {Sign.MISUNDERSTOOD}
    assert context(("intent.decided", {"intent": "threat"})).signs == {Sign.THREAT}


def test_a_long_story_keeps_its_end() -> None:
    story = "tai va " * 60 + "ar man priklauso išmoka"
    told = summary(context(asked(story)), TITLES)
    assert "ar man priklauso išmoka" in told
    assert len(told) < 260


def test_what_was_agreed_travels_along() -> None:
    task = {"type": "callback", "pii_name": "Ona", "pii_caller": "+37060000000", "agreed_at": "2026-11-24T10:00"}
    found = context(("task.created", task))
    assert dict(found.slots) == task
    assert "sutarta perskambinti" in summary(found, TITLES).lower()


def test_the_payload_is_json_with_a_version_and_marks_what_identifies() -> None:
    found = context(asked("kur kreiptis dėl pašalpos"), ANSWERED)
    payload = json.loads(json.dumps(found.payload(summary(found, TITLES), {"call": "/skambutis/c1"})))
    assert payload["v"] == 1
    personal = {key for key, value in payload.items() if "pašalpos" in json.dumps(value, ensure_ascii=False)}
    assert personal == {"pii_questions", "pii_summary"}
    assert {key for key, value in payload.items() if "+3706" in json.dumps(value)} == {"pii_caller"}


def test_a_context_never_prints_its_caller_or_their_words() -> None:
    shown = repr(context(asked("kur kreiptis dėl pašalpos")))
    assert "+3706" not in shown
    assert "pašalpos" not in shown


def test_without_an_offer_there_is_no_call() -> None:
    with pytest.raises(ValueError, match="never offered"):
        context_of("c1", [])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(JournalKind),
            st.dictionaries(
                st.sampled_from(["topic", "text", "intent", "verdict", "grammar", "heard", "answer", "type"]),
                st.one_of(st.none(), st.text(max_size=8), st.integers(), st.booleans()),
            ),
        ),
        max_size=12,
    )
)
def test_whatever_the_journal_holds_there_are_two_sentences_and_json(rows: list[tuple[JournalKind, Any]]) -> None:
    found = context(*[(str(kind), data) for kind, data in rows])
    told = summary(found, TITLES)
    assert told.endswith(".")
    assert json.dumps(found.payload(told, {}))
    assert whisper(found, TITLES).endswith(".")
