"""„Diktuokite“: what was read back comes letter by letter; what has no letters comes as it was."""

from __future__ import annotations

import pytest

from ivr.dialog.memory import Memory
from ivr.dialog.ports import Employee
from ivr.events import Prompt

SOMEBODY = Employee("Ona Šaltė", "Skyrius", "ona")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", "Jonas Žukas", "Jot, o, en, a, es. žė, u, ka, a, es."),
        ("email", "jp_1@inbox.lt", "Jot, pė, apatinis brūkšnys, vienas, eta, i, en, bė, o, iks, taškas, el, tė."),
        ("phone", "+37061", "Plius, trys, septyni, nulis, šeši, vienas."),
    ],
)
@pytest.mark.rule("A12.19")
def test_the_callers_values_are_dictated_and_not_written_down(name: str, value: str, said: str) -> None:
    assert Memory(candidates={name: value}).dictated(f"${name}") == Prompt(text=said, private=True)
    assert Memory(slots={name: value}).dictated(f"${name}") == Prompt(text=said, private=True)


@pytest.mark.parametrize("prompt", ["$person", "$person_with"])
def test_an_employees_name_is_dictated_as_it_is_written(prompt: str) -> None:
    assert Memory(employee=SOMEBODY).dictated(prompt) == Prompt(text="O, en, a. eš, a, el, tė, ė.")


@pytest.mark.parametrize("prompt", ["greeting", "$phone", "$time", "$unit", Prompt(text="Rytoj.")])
def test_what_has_no_letters_is_said_as_before(prompt: str | Prompt) -> None:
    assert Memory(employee=SOMEBODY).dictated(prompt) == prompt
