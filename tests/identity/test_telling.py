"""What an authenticated person is told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ivr.identity.ports import Matters
from ivr.identity.telling import told
from ivr.privacy import Pii

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
ALL = Matters(
    registered=True,
    registration=Pii("1234567"),
    next_visit=datetime(2025, 3, 12, 7, 30, tzinfo=UTC),
    specialist="Ona Petraitienė",
    last_decision=date(2025, 2, 3),
    login=Pii("jonas.p"),
)


@pytest.mark.rule("A7.4")
def test_a_job_seeker_is_told_state_number_visit_specialist_and_decision() -> None:
    assert told(ALL, "status", "job_seeker", NOW) == (
        "Jūsų registracija Užimtumo tarnyboje galioja.",
        "Registracijos numeris: vienas du trys, keturi penki šeši septyni.",
        "Kitas jūsų vizitas: kovo dvyliktą dieną, devintą valandą trisdešimt minučių.",
        "Jus konsultuoja Ona Petraitienė.",
        "Paskutinis sprendimas dėl jūsų priimtas du tūkstančiai dvidešimt penktų metų vasario trečią dieną.",
    )


@pytest.mark.rule("A7.4")
def test_what_the_registry_does_not_have_is_not_said() -> None:
    assert told(Matters(registered=True), "status", "job_seeker", NOW) == (
        "Jūsų registracija Užimtumo tarnyboje galioja.",
        "Kito vizito paskirta nėra.",
    )
    assert told(Matters(registered=False, registration=Pii("1234567")), "status", "job_seeker", NOW) == (
        "Šiuo metu Užimtumo tarnyboje registracijos neturite.",
        "Kito vizito paskirta nėra.",
    )


def test_a_visit_that_is_over_is_no_next_visit() -> None:
    at = datetime(2025, 3, 12, 7, 30, tzinfo=UTC)
    assert "Kito vizito paskirta nėra." in told(ALL, "status", "job_seeker", at)


@pytest.mark.rule("A3.9")
def test_a_user_of_e_services_is_reminded_of_the_name() -> None:
    said = ("Jūsų prisijungimo vardas yra jonas taškas pė.",)
    assert told(ALL, "login", "e_service", NOW) == said
    nothing = ("Svetainėje prisijungimo vardo nesate susikūrę.",)
    assert told(Matters(registered=True), "login", "e_service", NOW) == nothing


@pytest.mark.rule("A3.6", "T7")
def test_each_role_is_told_its_own_matters_only() -> None:
    assert told(ALL, "login", "job_seeker", NOW) == ()
    assert told(ALL, "status", "e_service", NOW) == ()
    assert told(ALL, "everything", "job_seeker", NOW) == ()
