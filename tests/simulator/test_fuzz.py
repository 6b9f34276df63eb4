"""Callers who do anything: the real plan survives them, and a plan with a fault is found out."""

from __future__ import annotations

import pytest

from ivr.dialog.plan import Plan
from ivr.simulator.fuzz import fuzz


@pytest.mark.rule("X3", "A12.23")
@pytest.mark.parametrize("seed", range(1, 81))
def test_whatever_a_caller_does_the_call_ends_well(seed: int, plan: Plan, texts: dict[str, str]) -> None:
    run = fuzz(seed, plan, texts)
    assert not run.faults, (run.done, run.faults)
    assert run.end


def test_the_same_seed_is_the_same_conversation(plan: Plan, texts: dict[str, str]) -> None:
    first, second = (fuzz(7, plan, texts) for _ in range(2))
    assert (first.done, first.end, len(first.handled_s)) == (second.done, second.end, len(second.handled_s))


def _changed(plan: Plan, **nodes: dict[str, object]) -> Plan:
    """The plan with some fields of some nodes changed behind the checker's back."""
    copies = {name: plan.nodes[name].model_copy(update=update) for name, update in nodes.items()}
    return plan.model_copy(update={"nodes": {**plan.nodes, **copies}})


@pytest.mark.parametrize(
    ("fault", "nodes"),
    [
        ("silence of", {"connect_wished": {"pause_s": 4.0}, "connect": {"pause_s": 4.0}}),
        ("was come to", {"more": {"give_up": "menu"}, "help_away": {"next": "more"},
                         "help_person": {"unclear_means": None, "give_up": "more"}}),
        ("KeyError", {"menu": {"give_up": "nowhere"}}),
    ],
)  # fmt: skip
def test_the_fuzzer_finds_what_is_wrong(
    fault: str, nodes: dict[str, dict[str, object]], plan: Plan, texts: dict[str, str]
) -> None:
    broken = _changed(plan, **nodes)
    found = [text for seed in range(60) for text in fuzz(seed, broken, texts).faults]
    assert any(fault in text for text in found), found
