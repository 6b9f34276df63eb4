"""Taking turns with real ears: fast and slow speakers, coughs and „aha“, heard by the line's own model."""

from __future__ import annotations

import pytest

from ivr.config import Config
from ivr.dialog.nodes import ChoiceNode, GateNode, Plan
from ivr.dialog.plan import load_plan
from ivr.events import Grammar
from ivr.paths import project_file
from ivr.simulator.clips import Clips
from ivr.simulator.conversation_bench import BACKCHANNELS, COUGHS
from ivr.simulator.noises import noises
from ivr.speech.grammars import Phone
from ivr.speech.ports import HeardText, Recognizer
from ivr.speech.recognizers import recognizer_for

CLIPS = Clips()
NUMBER = "nulis šeši vienas du trys keturi penki šeši septyni"


@pytest.fixture(scope="module")
def ears() -> Recognizer:
    return recognizer_for(Config())


@pytest.fixture(scope="module")
def plan() -> Plan:
    file = project_file("dialplans", "1883.yaml")
    return load_plan(file.read_text(encoding="utf-8"), str(file))


def turns(ears: Recognizer, grammar: Grammar, pcm: bytes) -> list[HeardText]:
    stream = ears.stream(grammar, end_silence_s=0.7)
    events = [*stream.accept(bytes(8000) + pcm + bytes(40000)), *stream.finish()]
    stream.close()
    return [event for event in events if isinstance(event, HeardText)]


@pytest.mark.rule("A12.20")
@pytest.mark.parametrize(
    ("clip", "right"), [("numeris-greitai", False), ("numeris-septyni", True), ("numeris-letai", True)]
)
def test_a_number_is_one_turn_however_fast_it_is_said(ears: Recognizer, clip: str, right: bool) -> None:
    """Said in three seconds, the model loses a digit, and reading it back is what that is for."""
    heard = turns(ears, Phone().listening(), CLIPS.find(clip, "am_michael").pcm)
    assert len(heard) == 1
    assert (heard[0].text == NUMBER) or not right


def test_a_fast_answer_and_a_slow_one_are_told_from_what_goes_on(ears: Recognizer, plan: Plan) -> None:
    """ "Taip" alone is answered soon; after a quarter of a second "taip" still goes on to "siųskite"."""
    review = Grammar("yes", ("taip", "taip siųskite", "ne"))
    yes, send = (CLIPS.find(name, "am_michael").pcm for name in ("taip", "siuskite"))
    alone = turns(ears, review, yes)
    thoughtful = turns(ears, review, yes + bytes(16 * 250) + send)
    assert [turn.text for turn in alone] == ["taip"]
    assert [turn.text for turn in thoughtful] == ["taip siųskite"]
    assert alone[0].decided_s - alone[0].ended_s < 0.6


@pytest.mark.rule("A12.20")
def test_coughs_noises_and_aha_over_a_prompt_are_nothing_that_would_stop_it(ears: Recognizer, plan: Plan) -> None:
    """Of all these sounds at most 2 % may be heard as words that cut a prompt."""
    menu = plan.nodes["menu"]
    assert isinstance(menu, ChoiceNode | GateNode)
    options = {phrase for option in menu.options for phrase in option.phrases}
    commands = {phrase for command in plan.commands.values() for phrase in command.phrases}
    grammar = Grammar("menu", (*options, *commands, *plan.backchannels))
    people = [(clip.path.name, clip.pcm) for name in (*COUGHS, *BACKCHANNELS) for clip in CLIPS.voices(name)]
    sounds = [*noises(), *people]
    sure = dict.fromkeys(commands, plan.settings.sure_command)
    sure |= dict.fromkeys(options, plan.settings.sure_option)
    stopped = [
        (name, turn.text, turn.confidence)
        for name, pcm in sounds
        for turn in turns(ears, grammar, pcm)
        if turn.text in sure and (turn.confidence >= sure[turn.text] or f" {turn.text} " in f" {turn.free} ")
    ]
    assert len(sounds) > 50
    assert len(stopped) <= len(sounds) / 50, stopped
