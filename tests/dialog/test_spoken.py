"""Values as the line says them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialog.spoken import spoken_time

NOW = datetime(2025, 3, 3, 21, 50)
MINUTES = st.integers(0, 10 * 24 * 60)


@pytest.mark.rule("A12.25")
@given(MINUTES)
def test_every_minute_to_come_can_be_said(minutes: int) -> None:
    said = spoken_time(NOW + timedelta(minutes=minutes), NOW)
    assert " valandą" in said
    assert not any(letter.isdigit() for letter in said)


@pytest.mark.rule("A12.25")
def test_an_office_that_is_open_at_midnight_offers_it_in_words() -> None:
    assert spoken_time(datetime(2025, 3, 4), NOW) == "rytoj, antradienį, nulinę valandą"
    assert spoken_time(datetime(2025, 3, 4, 0, 21), NOW) == "rytoj, antradienį, nulinę valandą dvidešimt vieną minutę"
