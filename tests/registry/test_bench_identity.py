"""``ivr bench identity`` at a small size: the keys that it promises, and right callers that get in."""

from __future__ import annotations

import json
from random import Random

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.events import Grammar, Listen
from ivr.simulator.mishearing import Mishearing

LISTEN = Listen(Grammar("digits:4", ()))


@pytest.mark.rule("X6", "A14")
def test_right_callers_get_in_and_impostors_do_not() -> None:
    small = ["bench", "identity", "--calls", "25", "--users", "10", "--impostors", "500", "--targets", "5", "--json"]
    result = CliRunner().invoke(main, small)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert set(figures) == {
        "right_authenticated", "median_s", "given_up", "impostor_random", "impostor_public", "attempts",
        "public_targets", "public_tries", "users_authenticated", "users_median_s", "users_given_up",
    }  # fmt: skip
    assert figures["right_authenticated"] > 0.7
    assert figures["impostor_random"] == 0
    assert figures["attempts"] == 500
    assert figures["public_tries"] == 5 * 9


def test_what_is_heard_is_what_was_measured() -> None:
    mishearing = Mishearing()
    assert len(mishearing.voices) == 10
    heard = [
        mishearing.heard("am_michael", "digits:4", "du trys keturi penki", Random(seed), LISTEN)[0]
        for seed in range(60)
    ]
    right = heard.count("du trys keturi penki") / len(heard)
    assert 0.5 < right <= 1.0
    assert 0.4 < mishearing.right("given") < mishearing.right("digits:4") < 1.0
