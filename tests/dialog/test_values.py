"""Values that callers give: found in free speech, read back, keyed, and kept secret where they prove identity."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialog.facts import Facts
from ivr.dialog.gleaning import glean
from ivr.dialog.plan import Plan
from ivr.dialog.ports import AuthQuestion, AuthStep, CheckAuth, Verdict
from ivr.events import Consult, Heard, HungUp, JournalKind, Note, Pressed, Record, Say, SpeechStarted
from ivr.events import HangupReason as Reason
from ivr.language.phones import phone_of_digits, spoken_phones
from ivr.privacy import Pii
from ivr.speech.grammars.book import GrammarBook
from tests.dialog.shell import StrictShell

GRAMMARS = GrammarBook(lambda: 2025)
AT = datetime(2025, 3, 3, 11, 0, tzinfo=ZoneInfo("Europe/Vilnius"))
WITH_PEOPLE = Facts(agent_available=True, caller=Pii("+37060000001"), at=AT)
NATIONAL = st.from_regex(r"6[0-9]{7}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prašau paskambinti", {}),
        ("mano vardas jonas petraitis", {"name": "Jonas Petraitis"}),
        ("jonas", {}),
        ("skambinti numeriu nulis šeši vienas du trys keturi penki šeši septyni ačiū", {"phone": "+37061234567"}),
        ("turiu du vaikus ir tris šunis", {}),
    ],
)
@pytest.mark.rule("A12.19")
def test_what_a_message_says_of_name_and_number_is_found(text: str, found: dict[str, str]) -> None:
    assert glean(text, GRAMMARS) == found


@given(national=NATIONAL, number=st.integers(0, 4), before=st.sampled_from(["", "mano numeris ", "skambinkite "]))
@settings(max_examples=60, deadline=None)
def test_a_number_is_found_however_it_is_said(national: str, number: int, before: str) -> None:
    said = list(spoken_phones(national))[number]
    found = glean(f"{before}{said} ačiū", GRAMMARS).get("phone")
    assert found in (f"+370{national}", None), "never another number"


@given(national=NATIONAL, prefix=st.sampled_from(["", "0", "8", "370", "00370"]))
def test_keyed_numbers_are_taken_with_every_prefix(national: str, prefix: str) -> None:
    assert phone_of_digits(prefix + national) == f"+370{national}"
    assert phone_of_digits(prefix + national[:-1]) is None


def press(shell: StrictShell, keys: str) -> None:
    for key in keys:
        shell.tell(lambda at, key=key: Pressed(at, key), after=0.2)  # type: ignore[misc]


def say(shell: StrictShell, text: str) -> None:
    shell.tell(SpeechStarted, after=0.2)
    shell.tell(lambda at: Heard(at, text, 0.9), after=1.0)


LAST_FOUR = AuthQuestion("last_four", "digits:4")
NAME = (AuthQuestion("name_given", "given"), AuthQuestion("name_surname", "surname"))
FIRST = AuthStep("try-1", (LAST_FOUR, *NAME))
FURTHER = AuthStep("try-1", (AuthQuestion("last_visit", "month"), AuthQuestion("last_visit_about", "choice")))


def at_identity(plan: Plan, first: AuthStep = FIRST) -> StrictShell:
    """A job seeker who is asked for the last four digits."""
    shell = StrictShell(plan.model_copy(update={"start": "personal"}), WITH_PEOPLE, GRAMMARS)
    shell.answer()
    shell.consult(first)
    shell.play_all()
    return shell


def agree(shell: StrictShell, text: str) -> None:
    """Say it, hear it read back, and agree."""
    say(shell, text)
    shell.play_all()
    say(shell, "taip")


def sent(shell: StrictShell) -> list[CheckAuth]:
    questions = [action.question for action in shell.actions if isinstance(action, Consult)]
    return [question for question in questions if isinstance(question, CheckAuth)]


def recording(shell: StrictShell) -> list[str]:
    return [action.op for action in shell.actions if isinstance(action, Record)]


@pytest.mark.rule("A13", "X5")
def test_the_last_four_digits_come_first_and_recording_is_silent_before_they_are_asked_for(plan: Plan) -> None:
    shell = at_identity(plan)
    assert shell.said[-2:] == ["auth.why", "auth.last_four"]
    assert recording(shell) == ["mute"]


@pytest.mark.rule("A14", "T4.3", "X5")
def test_answers_leave_the_mind_only_as_secrets_and_the_verdict_decides(plan: Plan) -> None:
    shell = at_identity(plan)
    press(shell, "1234")
    agree(shell, "jonas")
    agree(shell, "petraitis")
    (first,) = sent(shell)
    assert "1234" not in repr(first)
    assert first.answers["last_four"].reveal() == "1234"
    assert first.answers["name_given"].reveal() == "Jonas"
    assert first.answers["name_surname"].reveal() == "Petraitis"
    shell.consult(FURTHER)
    shell.play_all()
    agree(shell, "kovas")
    agree(shell, "darbo pasiūlymas")
    assert {name: value.reveal() for name, value in sent(shell)[1].answers.items()} == {
        "last_visit": "3",
        "last_visit_about": "offer",
    }
    notes = [action for action in shell.actions if isinstance(action, Note)]
    assert not any("1234" in str(note.data) or "Petraitis" in str(note.data) for note in notes)
    shell.consult(Verdict(True, "p-1"))
    assert recording(shell) == ["mute", "unmute"]
    assert shell.machine.node == "personal_status"


@pytest.mark.rule("T5", "T4.2")
def test_an_error_of_the_ear_is_corrected_and_only_what_was_agreed_to_is_sent(plan: Plan) -> None:
    shell = at_identity(plan)
    press(shell, "1234")
    for heard in ("jurgis", "ona"):
        say(shell, heard)
        shell.play_all()
        say(shell, "ne")
        shell.play_all()
        assert "auth.sorry" in shell.said
    agree(shell, "jonas")
    agree(shell, "petraitis")
    (first,) = sent(shell)
    assert first.answers["name_given"].reveal() == "Jonas"
    assert first.answers["name_surname"].reveal() == "Petraitis"
    assert first.unsure, "what had to be corrected twice is a doubt"


@pytest.mark.rule("T5")
def test_not_knowing_that_was_only_misheard_ends_nothing(plan: Plan) -> None:
    shell = at_identity(plan)
    say(shell, "nežinau")
    shell.play_all()
    say(shell, "ne")
    shell.play_all()
    assert shell.machine.node == "personal"
    press(shell, "1234")
    assert shell.said[-1] == "auth.given"


@pytest.mark.rule("T5", "X3")
def test_a_word_like_a_command_among_digits_leads_nobody_away(plan: Plan) -> None:
    shell = at_identity(plan)
    say(shell, "sujungti aštuoni penki du")
    assert shell.machine.node == "personal"
    assert recording(shell) == ["mute"]


@pytest.mark.rule("T5")
def test_what_is_never_heard_right_is_unanswered_in_the_end(plan: Plan) -> None:
    shell = at_identity(plan)
    press(shell, "1234")
    for _ in range(4):
        assert shell.machine.node == "personal"
        say(shell, "jurgis")
        shell.play_all()
        press(shell, "2")
        shell.play_all()
    assert shell.machine.node == "personal_person"
    assert "auth.failed" in shell.said


@pytest.mark.rule("X4")
@pytest.mark.parametrize(
    ("question", "keys", "value"),
    [
        (AuthQuestion("registration", "digits:7"), "1234567", "1234567"),
        (AuthQuestion("phone", "phone"), "061234567#", "+37061234567"),
        (AuthQuestion("last_visit", "month"), "3#", "3"),
        (AuthQuestion("last_visit", "month"), "11", "11"),
        (AuthQuestion("address_house", "number"), "12#", "12"),
        (AuthQuestion("last_visit_about", "choice"), "2", "measure"),
        (AuthQuestion("employment_end", "date"), "20240503", "2024-05-03"),
    ],
)
def test_numbers_dates_and_choices_have_a_way_by_keys_that_needs_no_reading_back(
    question: AuthQuestion, keys: str, value: str, plan: Plan
) -> None:
    shell = at_identity(plan, AuthStep("try-1", (question,)))
    press(shell, keys)
    assert sent(shell)[0].answers[question.id].reveal() == value


@pytest.mark.rule("X4")
def test_a_name_is_keyed_with_its_letters_and_all_that_it_may_be_is_offered(plan: Plan) -> None:
    shell = at_identity(plan, AuthStep("try-1", (AuthQuestion("name_given", "given"),)))
    press(shell, "6452#")  # Mija and Nika
    press(shell, "2")
    shell.play_all()
    press(shell, "1")
    says = [action for action in shell.actions if isinstance(action, Say)]
    offered = [prompt.text for say in says for prompt in say.prompts if prompt.text]
    assert offered == ["Mija.", "Nika."]
    assert sent(shell)[0].answers["name_given"].reveal() == "Nika"


@pytest.mark.rule("X4", "X3")
def test_zero_among_letters_is_the_wish_for_a_person(plan: Plan) -> None:
    shell = at_identity(plan, AuthStep("try-1", (AuthQuestion("name_given", "given"),)))
    press(shell, "0")
    shell.tick()
    assert recording(shell) == ["mute", "unmute"]
    assert shell.machine.node != "personal"


@pytest.mark.rule("X4", "T5")
@pytest.mark.parametrize("keys", ["13", "00", "20240231", "99999999"])
def test_keys_that_are_no_answer_are_asked_for_again(keys: str, plan: Plan) -> None:
    question = AuthQuestion("last_visit", "month") if len(keys) == 2 else AuthQuestion("employment_end", "date")
    shell = at_identity(plan, AuthStep("try-1", (question,)))
    press(shell, keys)
    assert not sent(shell)
    assert shell.machine.node == "personal"


@pytest.mark.rule("X5")
@pytest.mark.parametrize("way", ["menu", "person", "goodbye", "not known", "wrong", "silence", "registry away"])
def test_whatever_ends_the_questions_the_recording_goes_on(way: str, plan: Plan) -> None:
    shell = at_identity(plan)
    match way:
        case "menu":
            press(shell, "*")
        case "person":
            press(shell, "0")
            shell.tick()
        case "goodbye":
            say(shell, "viso gero")
        case "not known":
            agree(shell, "nežinau")
        case "silence":
            for _ in range(3):
                shell.play_all()
                shell.tick()
        case _:
            press(shell, "1234")
            agree(shell, "jonas")
            agree(shell, "petraitis")
            shell.consult(Verdict(False) if way == "wrong" else None)
    assert recording(shell) == ["mute", "unmute"], shell.machine.node


@pytest.mark.rule("T5", "X6")
def test_nobody_is_told_which_answer_was_wrong_and_there_is_no_third_attempt(plan: Plan) -> None:
    shell = at_identity(plan)
    agree(shell, "nežinau")
    shell.play_all()
    verdicts = [a.data for a in shell.actions if isinstance(a, Note) and a.kind is JournalKind.AUTH_VERDICT]
    assert verdicts == [{"verdict": "failed"}]
    assert shell.said[-3:] == ["auth.failed", "personal.why", "consent.ask"]
    for attempt in (2, 3):
        press(shell, "*2")
        if attempt == 2:
            shell.consult(FIRST)
            agree(shell, "nežinau")
    assert len([a for a in shell.actions if isinstance(a, Note) and a.kind is JournalKind.AUTH_STARTED]) == 2
    assert shell.machine.node == "personal_person"


@pytest.mark.rule("A12.19")
def test_a_message_whose_speaker_hangs_up_while_being_asked_for_the_name_keeps_the_number(plan: Plan) -> None:
    shell = StrictShell(plan.model_copy(update={"start": "message_phone"}), WITH_PEOPLE, GRAMMARS)
    shell.answer()
    shell.play_all()
    press(shell, "1")
    assert shell.machine.node == "message_name"
    shell.tell(lambda at: HungUp(at, Reason.CALLER))
    assert not any(isinstance(a, Note) and a.kind is JournalKind.TASK_CREATED for a in shell.actions), (
        "nothing was spoken"
    )


def test_a_value_that_nobody_agrees_to_is_given_up_after_three_times(plan: Plan) -> None:
    shell = StrictShell(plan.model_copy(update={"start": "callback_phone"}), WITH_PEOPLE, GRAMMARS)
    shell.answer()
    for _ in range(3):
        shell.play_all()
        if shell.machine.node != "callback_phone":
            break
        say(shell, "ne")
        shell.play_all()
        if shell.machine.node == "callback_phone":
            press(shell, "061234567#")
    shell.play_all()
    assert shell.machine.node == "more"
    assert "callback.impossible" in shell.said
