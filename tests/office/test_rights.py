"""Every act of every role on every other role's data: what is not allowed is refused, and tried acts are on the log."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from ivr.office.rights import RIGHTS, Act, Reach, may, reach, within
from ivr.people.staff import Employee, Role
from ivr.sampling.population import ASSISTANT
from tests.office.quality_unit import PURPOSE, Quality, Visit, marks

pytestmark = pytest.mark.rule("A18", "P64")

NOBODY, OWN, UNIT, ALL = Reach.NOBODY, Reach.OWN, Reach.UNIT, Reach.EVERYBODY
EXPECTED: Final[dict[Role, dict[Act, Reach]]] = {
    Role.AGENT: {Act.PLAN: OWN, Act.REPORT: ALL},
    Role.HEAD: dict.fromkeys((Act.PLAN, Act.FIND, Act.OPEN, Act.REVIEW), UNIT)
    | dict.fromkeys((Act.REPORT, Act.FIGURES), ALL),
    Role.QUALITY: dict.fromkeys(
        (Act.PLAN, Act.FIND, Act.OPEN, Act.REVIEW, Act.CORRECT, Act.EXPORT, Act.REPORT, Act.FIGURES), ALL
    ),
    Role.QUALITY_LINE: {},
    Role.PROTECTION: dict.fromkeys(
        (Act.FIND, Act.OPEN, Act.EXPORT, Act.REPORT, Act.LOG, Act.GATHER, Act.ERASE, Act.HOLD, Act.BREACH), ALL
    ),
    Role.ADMIN: {Act.FIGURES: ALL},
}
"""Written down a second time on purpose: a slip in the table of rights must not pass unseen."""

OTHERS = [
    Employee(ASSISTANT, "Virtualioji asistentė", "", frozenset()),
    *(
        Employee(number, f"{role} {unit}", unit, frozenset({role}))
        for number, (role, unit) in enumerate(itertools.product(Role, ("Skyrius", "Kitas skyrius", "")), 100)
    ),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_every_act_of_every_role_on_everybodys_data(role: Role, act: Act) -> None:
    visitor = Employee(1, "Lankytoja", "Skyrius", frozenset({role}))
    extent = EXPECTED[role].get(act, NOBODY)
    assert may(visitor, act) is (extent > NOBODY)
    for owner in [*OTHERS, visitor]:
        allowed = {
            NOBODY: False,
            OWN: owner.id == visitor.id,
            UNIT: owner.unit == "Skyrius" and owner.id != ASSISTANT,
            ALL: True,
        }[extent]
        if act is Act.REVIEW and owner.id == visitor.id:
            allowed = False
        assert may(visitor, act, owner) is allowed, (role, act, owner)
    shown = within(visitor, act, [*OTHERS, visitor])
    assert (shown is None) is (extent is ALL)


def test_roles_add_up_and_nobody_reviews_themselves() -> None:
    both = Employee(1, "Abi", "Skyrius", frozenset({Role.AGENT, Role.QUALITY}))
    assert reach(both, Act.PLAN) is ALL
    assert not may(both, Act.REVIEW, both)
    assert may(both, Act.REVIEW, OTHERS[0])
    assert all(role in RIGHTS or not EXPECTED[role] for role in Role)


Do = Callable[[Visit, str, int], Coroutine[Any, Any, httpx.Response]]


async def _opened(visit: Visit, call: str, who: int) -> httpx.Response:
    return await visit.post(f"/irasai/{call}/{who}/tikslas", purpose=PURPOSE)


async def _sound(visit: Visit, call: str, who: int) -> httpx.Response:
    return await visit.get(f"/irasai/{call}/{who}/garsas")


async def _reviewed(visit: Visit, call: str, who: int) -> httpx.Response:
    return await visit.post(f"/irasai/{call}/{who}/vertinimas", **marks(who))


async def _corrected(visit: Visit, call: str, who: int) -> httpx.Response:
    return await visit.post(f"/irasai/{call}/{who}/taisymas", turn="5", text="kita")


async def _linked(visit: Visit, call: str, who: int) -> httpx.Response:
    return await visit.post(f"/irasai/{call}/{who}/nuoroda", purpose=PURPOSE)


async def _held(visit: Visit, call: str, _who: int) -> httpx.Response:
    return await visit.post("/apsauga/sulaikymas", call=call, reason="teismas")


async def _breach(visit: Visit, _call: str, _who: int) -> httpx.Response:
    times = {"since": "2026-11-01T08:00", "until": "2026-11-02T08:00"}
    return await visit.post("/apsauga/pazeidimai", what="pamestas raktas", **times)


async def _gathered(visit: Visit, call: str, _who: int) -> httpx.Response:
    fields = {"number": "+37061234567", "call": call, "purpose": "prašymas Nr. 4"}
    return await visit.post("/apsauga/asmuo", what="gather", **fields)


async def _erased(visit: Visit, call: str, _who: int) -> httpx.Response:
    fields = {"number": "+37061234567", "call": call, "purpose": "prašymas Nr. 4", "sure": "1"}
    return await visit.post("/apsauga/asmuo", what="erase", **fields)


def _get(path: str) -> Do:
    async def get(visit: Visit, _call: str, _who: int) -> httpx.Response:
        return await visit.get(path)

    return get


BY_OWNER: Final[dict[str, tuple[Act, Do]]] = {
    "open": (Act.OPEN, _opened),
    "play": (Act.OPEN, _sound),
    "review": (Act.REVIEW, _reviewed),
    "correct": (Act.CORRECT, _corrected),
    "export": (Act.EXPORT, _linked),
}
ANYWHERE: Final[dict[str, tuple[Act, Do]]] = {
    "plan": (Act.PLAN, _get("/kokybe")),
    "find": (Act.FIND, _get("/irasai")),
    "report": (Act.REPORT, _get("/kokybe/ataskaita")),
    "report as csv": (Act.REPORT, _get("/kokybe/ataskaita.csv")),
    "figures": (Act.FIGURES, _get("/statistika")),
    "figures as csv": (Act.FIGURES, _get("/statistika.csv")),
    "log": (Act.LOG, _get("/apsauga")),
    "hold": (Act.HOLD, _held),
    "breach": (Act.BREACH, _breach),
    "gather": (Act.GATHER, _gathered),
    "erase": (Act.ERASE, _erased),
}
ROLES: Final = {
    "ona": Role.AGENT,
    "vida": Role.HEAD,
    "kazys": Role.QUALITY,
    "dalia": Role.PROTECTION,
    "adomas": Role.ADMIN,
}


@pytest.mark.rule("X9")
@pytest.mark.parametrize("name", ROLES)
async def test_over_the_wire_each_page_refuses_whom_the_table_refuses(tmp_path: Path, name: str) -> None:
    quality = Quality(tmp_path)
    quality.call("own", agent="ona")
    quality.call("other", agent="jonas")
    people = quality.unit.people
    visitor = people[quality.people[name]]
    owners = [("own", quality.people["ona"]), ("other", quality.people["jonas"]), ("own", ASSISTANT)]
    async with quality.browser(name) as visit:
        for what, (act, do) in BY_OWNER.items():
            for call, who in owners:
                allowed = may(visitor, act, people[who])
                status = (await do(visit, call, who)).status_code
                assert (status in (200, 303)) is allowed, (name, what, call, who, status)
                assert status in (200, 303) or status == (404 if may(visitor, act) else 403)
        for what, (act, do) in ANYWHERE.items():
            status = (await do(visit, "own", 1)).status_code
            assert (status in (200, 303)) is may(visitor, act), (name, what, status)
    refused = [one for one in quality.log() if one.act == "refused"]
    assert bool(refused) is (name == "vida")  # who has the right but not the reach is on the log


@pytest.mark.rule("X9")
async def test_without_a_session_there_is_only_the_door(tmp_path: Path) -> None:
    quality = Quality(tmp_path)
    quality.call("own")
    paths = ["/kokybe", "/kokybe/ataskaita", "/statistika", "/irasai", "/apsauga", "/isvezti/x"]
    paths += [f"/irasai/own/1{rest}" for rest in ("", "/garsas", "/bangos")]
    posts = [f"/irasai/own/1/{rest}" for rest in ("tikslas", "vertinimas", "taisymas", "nuoroda")]
    posts += ["/apsauga/asmuo", "/apsauga/sulaikymas", "/apsauga/pazeidimai", "/apsauga/pazeidimai/1"]
    async with quality.browser() as visit:
        answers = [await visit.get(path) for path in paths] + [await visit.client.post(path) for path in posts]
    assert {answer.headers.get("Location") for answer in answers} == {"/prisijungti"}


@pytest.mark.rule("X9")
async def test_a_form_from_elsewhere_changes_nothing(tmp_path: Path) -> None:
    quality = Quality(tmp_path)
    quality.call("own")
    async with quality.browser("kazys") as visit:
        await visit.open("own", quality.office.ona)
        fields = marks(quality.office.ona) | {"form_key": "guessed"}
        answer = await visit.client.post(f"/irasai/own/{quality.office.ona}/vertinimas", data=fields)
    assert answer.status_code == 403
    assert [one.act for one in quality.log()] == ["opened"]


async def test_lists_hold_nothing_beyond_ones_reach(tmp_path: Path) -> None:
    quality = Quality(tmp_path)
    quality.call("own", agent="ona", sealed=False)
    quality.call("other", agent="jonas", sealed=False)
    async with quality.browser("vida") as visit:
        found = (await visit.get("/irasai")).text
        assert f"/irasai/own/{quality.people['ona']}" in found
        assert "/irasai/other/" not in found
        assert "/irasai/own/0" not in found
        assert "Jonas Kazlauskas" not in found
        wanted = (await visit.get(f"/irasai?darbuotojas={quality.people['jonas']}")).text
        assert "/irasai/other/" not in wanted
