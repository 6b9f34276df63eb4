"""What a command does on the spot, in whatever node it was given."""

from __future__ import annotations

from typing import Any

from ivr.dialog.commands import Command
from ivr.dialog.skills import Skill
from ivr.dialog.stage import Stage
from ivr.events import JournalKind, Record, RecordingChanged, RecordingState


def act(command: Command, by: str, stage: Stage, skill: Skill[Any]) -> None:
    """Do what a command without ``goto`` stands for; what was being said is cut already."""
    stage.clear_timer("no_input")
    stage.clear_timer("safety")
    match command.does:
        case "slower":
            stage.pace = stage.plan.settings.pace
            _say_again(command, stage)
        case "spell":
            stage.say([*command.say, *map(stage.memory.dictated, stage.turn_prompts)], repeatable=False)
        case "back":
            _back(command, by, stage, skill)
        case "stop":
            stage.say(command.say, repeatable=False)
            skill.stopped()
        case "unrecord":
            _unrecord(command, by, stage, skill)
        case _:
            _say_again(command, stage)


def _say_again(command: Command, stage: Stage) -> None:
    stage.say([*command.say, *list(stage.turn_prompts)], repeatable=False)


def _back(command: Command, by: str, stage: Stage, skill: Skill[Any]) -> None:
    """The question before this one; at the first there is none, and it is put again."""
    if skill.waits and stage.visited:
        stage.visited.pop()
    if not stage.visited:
        _say_again(command, stage)
        return
    skill.command_given(by)
    stage.turn_prompts.clear()
    stage.say(command.say, repeatable=False)
    stage.goto(stage.visited.pop())


def _unrecord(command: Command, by: str, stage: Stage, skill: Skill[Any]) -> None:
    """The caller objects: recording ends, what exists is erased, and the call goes on where it was (X11)."""
    stage.declined, stage.understood = True, True
    stage.recording_running = False
    stage.memory.message = None
    stage.note(JournalKind.INTENT_DECIDED, {"intent": "unrecord", "by": by})
    stage.do(Record("erase"))
    skill.on(RecordingChanged(stage.now, RecordingState.DECLINED, running=False))
    if stage.going is None:
        _say_again(command, stage)
    else:
        stage.say(command.say, repeatable=False)
