"""``[people] colleagues``: a function of the office's own, checked before the line takes calls."""

from __future__ import annotations

import pytest

from ivr.config import Config
from ivr.dialog.ports import FindPerson, Ports
from ivr.errors import ConfigError
from ivr.processes.colleagues import colleagues


def config(name: str) -> Config:
    return Config.model_validate({"people": {"colleagues": name}})


def test_without_the_setting_nobody_is_there() -> None:
    assert colleagues(config("")) == Ports()


def test_a_function_gives_the_people_who_are_asked() -> None:
    found = colleagues(config("ivr.simulator.offices:fake_ports")).ask(FindPerson("Ona Petraitienė"))
    assert isinstance(found, tuple)
    assert [employee.name for employee in found] == ["Ona Petraitienė"]


@pytest.mark.parametrize("name", ["no_such_module:ports", "ivr.simulator.offices:nobody", "ivr.errors:IvrError"])
def test_what_gives_no_ports_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        colleagues(config(name))
    assert caught.value.key == "people.colleagues"
    assert "my_office.desk:ports" in str(caught.value)
