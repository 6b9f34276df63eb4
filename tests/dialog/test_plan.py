"""A plan in which a caller could get lost is refused, with its line and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from ivr.dialog.commands import Settings
from ivr.dialog.nodes import ChoiceNode, Node
from ivr.dialog.plan import Plan, load_plan, phrases, prompts_used
from ivr.errors import PlanError
from ivr.paths import project_file
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.lexicon import Lexicon

HEAD = """\
plan: test
version: 1
start: {start}
no_input: [n1, n2, n3]
no_match: [m1, m2, m3]
deaf: [deaf]
commands:
  repeat: {{phrases: [pakartokite]}}
  person: {{phrases: [žmogus], keys: ["0"], goto: bye}}
  goodbye: {{phrases: [viso gero], goto: bye}}
nodes:
"""
SOUND = (
    HEAD.format(start="ask")
    + """\
  ask:
    type: choice
    ask: [ask]
    hint: [hint]
    keypad: [keypad]
    options:
      - {intent: one, phrases: [taip], keys: ["1"], goto: bye}
      - {intent: two, phrases: [ne], keys: ["2"], goto: more}
    give_up: bye
  more: {type: say, prompts: [more], next: ask}
  bye: {type: goodbye, prompts: [bye]}
"""
)
SLOT = "type: slot, slot: name, grammar: {}, ask: [ask], hint: [hint], keypad: [keypad], give_up: bye"
PROMPTS = {"n1", "n2", "n3", "m1", "m2", "m3", "deaf", "ask", "hint", "keypad", "more", "bye"}
WORDS = {"pakartokite", "žmogus", "viso", "gero", "taip", "ne"}


def load(text: str) -> Plan:
    return load_plan(text, "p.yaml", prompts=PROMPTS, lexicon=WORDS, grammars=GrammarBook(lambda: 2025))


def test_a_sound_plan_is_loaded_and_tells_what_it_needs() -> None:
    plan = load(SOUND)
    assert prompts_used(plan) == PROMPTS
    assert phrases(plan) == {"pakartokite", "žmogus", "viso gero", "taip", "ne"}


# Each line stands for the one above twice: what the last one stands for fills any memory.
ALIASES = "".join(f"a{n}: &a{n} [*a{n - 1 or ''}, *a{n - 1 or ''}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("change", "line", "problem", "remedy"),
    [
        (("goto: more}", "goto: mroe}"), 19, "no node called 'mroe'", "Did you mean 'more'?"),
        (("start: ask", "start: nowhere"), 3, "no node called 'nowhere'", "Add the node"),
        (("ask: [ask]", "ask: [aks]"), 14, "the prompt 'aks' has no text", "Did you mean 'ask'?"),
        (("type: choice", "type: chioce"), 12, "no kind of node called 'chioce'", "choice"),
        (("type: choice", "kind: choice"), 12, "type", ""),
        (("version: 1", "version: one"), 2, "version", "it is 'one'"),
        (("    give_up: bye\n", ""), 12, "give_up is missing", "Add it"),
        (("    give_up: bye", "    give_up: bye\n    give_in: bye"), 21, "give_in is not known", "Remove it"),
        (("  bye: {type", "  more: {type: goodbye, prompts: [bye]}\n  bye: {type"), 22, "given twice", "line 21"),
        (('keys: ["2"]', "keys: []"), 19, "keys", ""),
        (('keys: ["2"]', 'keys: ["1"]'), 19, "the key '1' already means 'one'", "Remove"),
        (("phrases: [ne]", "phrases: [žmogus]"), 19, "the phrase 'žmogus' already means 'person'", "Remove"),
        (("phrases: [ne]", "phrases: [niet]"), 19, "does not know the word 'niet'", "Reword"),
        (("phrases: [ne]", "phrases: [Ne!]"), 19, "phrases", ""),
        (("no_match: [m1, m2, m3]", "no_match: [m1, m2, m2]"), 5, "not different", "three different"),
        (("no_match: [m1, m2, m3]", "no_match: [m1, m2]"), 5, "no_match", ""),
        (
            ("  bye: {type", "  lost: {type: say, prompts: [more], next: bye}\n  bye: {type"),
            22,
            "nothing leads",
            "Lead",
        ),
        (("next: ask}", "next: more}"), 21, "no goodbye can be reached", "goodbye"),
        (("give_up: bye", "give_up: more"), 20, "without the caller's wish", "silent caller"),
        (('keys: ["0"], ', ""), 9, "zero on the keypad", '"0"'),
        (("  goodbye: {phrases: [viso gero], goto: bye}\n", ""), 7, "'goodbye' is missing", "add it"),
        (("[viso gero], goto: bye", "[viso gero]"), 10, "leads nowhere", "goto"),
        (("plan: test", "plan: [test"), 2, "not valid YAML", "Correct"),
        (("prompts: [more]", 'prompts: [more, "$phon"]'), 21, "no value called '$phon'", "Did you mean '$phone'?"),
        (("prompts: [more]", "prompts: [more], interruptible: maybe"), 21, "interruptible", "it is 'maybe'"),
        (("{phrases: [pakartokite]}", "{phrases: [pakartokite], does: sing}"), 8, "does", "it is 'sing'"),
        (
            ("{phrases: [pakartokite]}", "{phrases: [pakartokite], does: repeat, goto: bye}"),
            8,
            "not both",
            "Correct",
        ),
        (
            (
                "type: say, prompts: [more]",
                "type: slot, slot: phone, grammar: phone, ask: [ask], hint: [hint], "
                "keypad: [keypad], confirm: [more], give_up: bye",
            ),
            21,
            "yes or no that the plan does not know",
            "agree and refuse",
        ),
        (("type: say, prompts: [more]", SLOT.format("fone")), 21, "no grammar called 'fone'", "phone"),
        (("  bye: {", "  phone: {type: say, prompts: [more], next: bye}\n  bye: {"), 22, "node 'phone'", "'ask_phone'"),
        (("type: say, prompts: [more]", SLOT.format("month")), 21, "words of the grammar 'month'", "Rebuild"),
        (("commands:", "hours: {days: {monday: 8-17}}\ncommands:"), 7, "hours.days.monday", "it is '8-17'"),
        (("commands:", "hours: {closed: [2026-02-30]}\ncommands:"), 7, "can't be read", "Correct it"),
        (("commands:", "backchannels: !!int taip\ncommands:"), 7, "can't be read", "Correct it"),
        (("commands:", f"backchannels: {'[' * 2000}\ncommands:"), 1, "without end", "flat"),
        (("plan: test", "plan: &a [x, x]\n" + ALIASES), 1, "too many values", "without aliases"),
        (("commands:", "backchannels: [taip, žmogus]\ncommands:"), 7, "already means 'person'", "Remove"),
    ],
)
def test_a_fault_is_refused_with_line_and_remedy(change: tuple[str, str], line: int, problem: str, remedy: str) -> None:
    old, new = change
    assert old in SOUND
    with pytest.raises(PlanError) as caught:
        load(SOUND.replace(old, new, 1))
    error = caught.value
    assert error.file == "p.yaml"
    assert problem in error.problem
    assert remedy in str(error)
    assert error.line == line, str(error)


GATE = (
    HEAD.format(start="open")
    + """\
  open:
    type: gate
    ask: [ask]
    hint: [hint]
    keypad: [keypad]
    waiting: [more, ask]
    which: [more]
    which_hint: [hint]
    which_keypad: [keypad]
    first: {phrases: [taip], keys: ["1"]}
    second: {phrases: [ne], keys: ["2"]}
    options:
      - {intent: one, phrases: [taip], keys: ["1"], kind: faq, goto: pick}
      - {intent: two, kind: message, signs: [skund], shortcut: true, goto: more}
    give_up: bye
  pick:
    type: choice
    ask: [ask]
    hint: [hint]
    keypad: [keypad]
    options:
      - {intent: one, phrases: [taip], keys: ["1"], goto: more}
    own_words: open
    give_up: bye
  more: {type: say, prompts: [more], next: bye}
  bye: {type: goodbye, prompts: [bye]}
"""
)


@pytest.mark.parametrize(
    ("change", "line", "problem", "remedy"),
    [
        (("kind: message", "kind: mesage"), 25, "should be 'faq', 'personal'", "docs/dialplan.md"),
        (("signs: [skund]", "signs: [Skund!]"), 25, "signs.0", "small letters"),
        ((", kind: message, signs: [skund]", ""), 25, "give some, or a kind", "docs/dialplan.md"),
        (("kind: message, signs", "signs"), 25, "give some, or a kind", "docs/dialplan.md"),
        (("waiting: [more, ask]", "waiting: [more]"), 17, "waiting", "Add to the list"),
        (('keys: ["2"]}', 'keys: ["1"]}'), 22, "the key '1' already means 'first'", "Remove it"),
        (("phrases: [ne]", "phrases: [taip]"), 22, "the phrase 'taip' already means 'first'", "Remove it"),
        (("[pakartokite]}", "[pakartokite], over: [ne]}"), 8, "'ne' is not among the phrases", "docs/dialplan.md"),
        (('keys: ["0"],', 'keys: ["0"], rest: true,'), 9, "own words lead to 'bye'", "kind gate"),
        (("own_words: open", "own_words: more"), 34, "own words lead to 'more'", "kind gate"),
        (("own_words: open", "own_words: opne"), 34, "no node called 'opne'", "Did you mean 'open'?"),
        (("own_words: open", "unclear_means: three"), 27, "no option has the intent 'three'", "docs/dialplan.md"),
        (("type: choice", "kind: choice"), 27, "type is missing", "type: say"),
        (("    which: [more]", "    wich: [more]"), 18, "wich is not known here", "Did you mean 'which'?"),
        (("{intent: one, ", "{"), 24, "intent is missing", "Add it"),
        (("nodes:", "nodess:"), 11, "nodess is not known here", "Did you mean 'nodes'?"),
        (("plan: test\n", ""), 1, "plan is missing", "Add it"),
        (("plan: test", "plan: [test]"), 1, "plan", "Write one word"),
        (('keys: ["1"]', 'keys: ["11"]'), 21, "should be '0', '1'", "docs/dialplan.md"),
        (("prompts: [more]", "prompts: more"), 36, "prompts", "Write it as a list: [more]"),
        (("prompts: [more]", "prompts: []"), 36, "prompts", "Add to the list"),
        (("prompts: [more]", "prompts: [more], language: english"), 36, "language", "docs/dialplan.md"),
        (("[žmogus]", "[Žmogus]"), 9, "phrases.0", "small letters"),
        (("[žmogus]", "[]"), 9, "phrases", "Add to the list"),
        (("[n1, n2, n3]", "[n1, n2, n3, n1]"), 4, "no_input", "Take out of the list"),
        (
            ("version: 1", "version: 1\nsettings: {max_turn_s: 60}"),
            3,
            "greater than or equal to 180",
            "docs/dialplan.md",
        ),
        (("version: 1", "version: 1\nsettings: {margin: 2}"), 3, "less than or equal to 1", "docs/dialplan.md"),
        (("goto: pick}", "goto: pick, topic: pets}"), 24, "no topic 'pets'", "topics.yaml"),
    ],
)
def test_a_fault_of_free_words_and_of_types_is_refused_with_line_and_remedy(
    change: tuple[str, str], line: int, problem: str, remedy: str
) -> None:
    old, new = change
    assert old in GATE
    loaded = load_plan(GATE, "p.yaml", prompts=PROMPTS, lexicon=WORDS, topics={"line"})
    assert loaded.plan == "test"
    with pytest.raises(PlanError) as caught:
        load_plan(GATE.replace(old, new, 1), "p.yaml", prompts=PROMPTS, lexicon=WORDS, topics={"line"})
    error = caught.value
    assert (error.file, error.line) == ("p.yaml", line), str(error)
    assert problem in error.problem
    assert remedy in str(error)


def test_a_silent_way_back_is_found_although_it_goes_through_an_unclear_choice() -> None:
    text = SOUND.replace("give_up: bye", "give_up: help").replace(
        "  bye: {type",
        "  help:\n    type: choice\n    ask: [ask]\n    hint: [hint]\n    keypad: [keypad]\n"
        '    options: [{intent: back, phrases: [taip], keys: ["1"], goto: ask}]\n'
        "    unclear_means: back\n    give_up: bye\n  bye: {type",
    )
    with pytest.raises(PlanError, match="without the caller's wish"):
        load(text)


@pytest.mark.rule("X4")
def test_every_choice_of_the_line_has_keys_and_says_them(plan: Plan, texts: dict[str, str]) -> None:
    english = {"1": "one", "2": "two", "3": "three"}
    numbers = {"1": "vieną", "2": "du", "3": "tris", "4": "keturis", "5": "penkis", "7": "septynis"}
    for name, node in plan.nodes.items():
        if isinstance(node, ChoiceNode):
            keypad = " ".join(texts[prompt] for prompt in node.keypad)
            if not any(option.phrases for option in node.options):  # in English, whose ears we have not
                keypad = " ".join(texts[f"en:{prompt}"] for prompt in node.keypad)
                assert all(f"press {english[key]}" in keypad for option in node.options for key in option.keys), name
                continue
            for option in (option for option in node.options if not option.shortcut):
                assert any(
                    f"paspauskite {numbers[key]}" in keypad or f"paspaudę {numbers[key]}" in keypad
                    for key in option.keys
                ), name


def test_the_recogniser_knows_every_word_of_the_plan(texts: dict[str, str]) -> None:
    path = project_file("dialplans", "1883.yaml")
    lexicon = Lexicon(project_file("asr_models", "vosk-model-small-lt-0.7"))
    load_plan(path.read_text(encoding="utf-8"), str(path), prompts=texts, lexicon=lexicon)


def test_no_text_is_written_that_nobody_says(plan: Plan, texts: dict[str, str]) -> None:
    files = [project_file("prompts", "lt", f"{name}.yaml") for name in ("line", "manners", "answers", "outbound")]
    own = "".join(f"\n{file.read_text(encoding='utf-8')}" for file in files)
    # Other wordings of a prompt (.again, .calm) are chosen where the prompt is said.
    written = {name for name in texts if f"\n{name}: " in own and not name.endswith((".again", ".calm"))}
    used = {name.rpartition(":")[2] for name in prompts_used(plan)}  # other languages have the same ids
    # No node names these: a click-to-call begins without the mind, and `$place` is fixed prompts in other languages.
    used |= {"click.greeting", "place.more", *(f"place.{place}" for place in range(1, 6))}
    assert written == used - {"pace.slower", "spell"}  # speech.yaml has those


def test_a_binary_file_is_refused_as_a_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        load_plan("\x00\x01", "p.yaml")


def test_the_handbook_names_every_kind_of_node_with_its_fields_and_every_setting() -> None:
    text = project_file("docs", "dialplan.md").read_text(encoding="utf-8")
    for node in get_args(Node):
        kind = get_args(node.model_fields["type"].annotation)[0]
        row = next((line for line in text.splitlines() if line.startswith(f"| `{kind}` |")), "")
        assert row, f"{kind} is not described"
        for field in node.model_fields.keys() - {"type"}:
            assert f"`{field}`" in text or f"`{field}: " in text, f"{kind}.{field} is not described"
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | {field.default:g} |" in text
