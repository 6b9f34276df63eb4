"""``ivr plan check`` and ``ivr chat`` as a user meets them."""

from __future__ import annotations

import itertools
import json
import re
from itertools import permutations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.paths import project_file


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_line_s_own_plan_is_sound() -> None:
    result = CliRunner().invoke(main, ["plan", "check"])
    assert result.exit_code == 0, result.output
    assert "is sound" in result.output


def test_a_fault_is_told_with_line_and_remedy(tmp_path: Path) -> None:
    text = project_file("dialplans", "1883.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("goto: topics\n", "goto: topcis\n"), encoding="utf-8")
    line = text[: text.index("goto: topics\n")].count("\n") + 1
    result = CliRunner().invoke(main, ["plan", "check", str(wrong)])
    assert result.exit_code == 1
    assert f"{wrong}:{line}: there is no node called 'topcis'. Did you mean 'topics'?" in result.output
    found = json.loads(CliRunner().invoke(main, ["plan", "check", str(wrong), "--json"]).output)
    assert (found["ok"], found["file"], found["line"]) == (False, str(wrong), line)


def test_a_plan_is_drawn_with_every_node_and_way(tmp_path: Path) -> None:
    out = tmp_path / "plan.svg"
    result = CliRunner().invoke(main, ["plan", "graph", "-o", str(out)])
    assert result.exit_code == 0, result.output
    drawn = ElementTree.fromstring(out.read_text(encoding="utf-8"))
    titles = {title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")}
    assert "greeting: say" in titles
    assert "menu → topics: general" in titles
    assert "menu → help: give_up" in titles
    said = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "„Kuo galiu padėti?“" in said
    assert "pagal sąlygą" in said
    cards = [
        tuple(float(box.get(field, "0")) for field in ("x", "y", "width", "height"))
        for box in drawn.iter("{http://www.w3.org/2000/svg}rect")
        if box.get("class") == "card"
    ]
    assert len(cards) == sum(": " in (title or "") and "→" not in (title or "") for title in titles)
    for (x, y, width, height), (x1, y1, _, _) in permutations(cards, 2):
        assert not (x <= x1 < x + width and y <= y1 < y + height), "two nodes are drawn upon each other"
    uprights = [line for path in drawn.iter("{http://www.w3.org/2000/svg}path") if (line := upright(path.get("d", "")))]
    for bend, top, bottom in uprights:
        assert not any(x < bend < x + width and top < y + height and y < bottom for x, y, width, height in cards)
    assert len({line[:2] for line in uprights}) == len(uprights), "two lines are drawn upon each other"


def upright(path: str) -> tuple[float, float, float] | None:
    """The upright part of a line: where it is, from where to where."""
    drawn = re.fullmatch(r"M[\d.]+,([\d.]+) H([\d.]+) V([\d.]+) H[\d.]+", path)
    if drawn is None:
        return None
    start, bend, end = map(float, drawn.groups())
    return bend, min(start, end), max(start, end)


def test_a_change_of_a_plan_is_told_in_words(tmp_path: Path) -> None:
    text = project_file("dialplans", "1883.yaml").read_text(encoding="utf-8")
    old = tmp_path / "old.yaml"
    old.write_text(text.replace("no_input_s: 6", "no_input_s: 8").replace("[lėčiau, ", "["), encoding="utf-8")
    told = CliRunner().invoke(main, ["plan", "diff", str(old)]).output
    assert "changed  settings.no_input_s: 8.0 → 6.0" in told
    assert "added    commands.slower.phrases: lėčiau" in told
    assert "2 differences." in told
    same = CliRunner().invoke(main, ["plan", "diff", str(project_file("dialplans", "1883.yaml"))])
    assert "the same" in same.output
    found = json.loads(CliRunner().invoke(main, ["plan", "diff", str(old), "--json"]).output)
    assert [difference["where"] for difference in found["differences"]] == [
        "settings.no_input_s",
        "commands.slower.phrases",
    ]


def test_the_schema_beside_the_plan_is_the_one_that_the_code_has() -> None:
    printed = CliRunner().invoke(main, ["plan", "schema"]).output
    assert printed == project_file("dialplans", "plan.schema.json").read_text(encoding="utf-8")
    schema = json.loads(printed)
    assert {"nodes", "commands", "hours"} <= schema["properties"].keys()
    assert schema["additionalProperties"] is False


def test_chat_answers_a_person_in_text() -> None:
    typed = "bendra informacija\natostogos\nne\n.\n"
    result = CliRunner().invoke(main, ["chat"], input=typed)
    assert result.exit_code == 0, result.output
    assert "Kuo galiu padėti?" in result.output
    assert "dvidešimt darbo dienų" in result.output
    assert "viso gero" in result.output
    assert result.output.rstrip().endswith("answered (caller)")


@pytest.mark.rule("A12.7", "A12.20")
def test_chat_never_says_the_same_sentence_twice_in_a_row() -> None:
    told = CliRunner().invoke(main, ["chat"], input="abrakadabra\nabrakadabra\npakartokite\n.\n").output
    said = [line for line in told.splitlines() if "Galite pasakyti" in line or "pasirinkimų" in line]
    assert len(said) >= 2
    assert all(one != other for one, other in itertools.pairwise(said))


def test_chat_hides_the_caller_s_number() -> None:
    result = CliRunner().invoke(main, ["chat", "--agent", "none"], input="4\nlabas prašau paskambinti\n1\n.\n")
    assert "task.created" in result.output
    assert "+370" not in result.output


def test_chat_for_machines_speaks_json_lines() -> None:
    lines = ['{"press": "1"}', '{"say": "atostogos"}', '{"wait": 40}', '{"say": "ne"}', '{"hangup": true}']
    result = CliRunner().invoke(main, ["chat", "--jsonl"], input="\n".join(lines))
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.output.splitlines()]
    said = [prompt for event in events if event["action"] == "say" for prompt in event["prompts"]]
    assert said[:4] == ["greeting", "notice.recorded", "menu.ask", "menu.hint"]
    assert "answer.leave" in said
    assert next(e["kind"] for e in events if e["action"] == "note") == "notice.completed"
    assert events[-1]["action"] == "ended"
    assert events[-1]["outcome"] == "answered"
    assert all(a["at"] <= b["at"] for a, b in itertools.pairwise(events))


def test_chat_for_machines_goes_through_identity_and_tells_no_secret() -> None:
    lines = ['{"press": "2"}', *(f'{{"press": "{digit}"}}' for digit in "1234"), '{"say": "jonas"}', '{"say": "taip"}']
    lines += ['{"say": "petraitis"}', '{"say": "taip"}', '{"wait": 3}']
    result = CliRunner().invoke(main, ["chat", "--jsonl"], input="\n".join(lines))
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.output.splitlines()]
    assert [event["question"] for event in events if event["action"] == "consult"] == ["BeginAuth", "CheckAuth"]
    said = [prompt for event in events if event["action"] == "say" for prompt in event["prompts"]]
    assert said[-3:] == ["auth.heard", "auth.right", "auth.last_visit"]
    assert any(event["action"] == "record" and event["op"] == "mute" for event in events)
    assert not any("onas" in str(event.get("data", "")) for event in events)


def test_chat_at_night_offers_no_person() -> None:
    result = CliRunner().invoke(main, ["chat", "--at", "2025-03-02T22:00:00"], input="0\n.\n")
    assert "Konsultantai vėl atsilieps: Rytoj, pirmadienį, aštuntą valandą." in result.output
    assert "[rings" not in result.output


@pytest.mark.parametrize(
    "line",
    ["hello", "[]", '{"press": "12"}', '{"wait": -1}', '{"shout": "x"}', pytest.param("[" * 100_000, id="deep")],
)
def test_chat_refuses_what_is_no_event_and_names_the_line(line: str) -> None:
    result = CliRunner().invoke(main, ["chat", "--jsonl"], input=f'{{"wait": 1}}\n{line}\n')
    assert result.exit_code == 1
    assert "line 2" in result.output


@pytest.mark.rule("Q2")
def test_chat_answers_from_the_packs_and_sends_nothing_that_is_not_configured() -> None:
    told = CliRunner().invoke(main, ["chat"], input="kiek metų mokami vaiko pinigai\n.\n").output
    assert "ministerija/" in told
    assert "informacija, ji ir sumos galėjo pasikeisti" in told
    assert "atsiųsti žinute" not in told
