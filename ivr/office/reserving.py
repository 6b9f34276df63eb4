"""What the switchboard does with the office's database: agents reserved and freed, waits reckoned.

Every function belongs to the thread that opened the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from ivr.office.dialling import Requests
from ivr.office.offers import Offer, Offers, OfferState
from ivr.office.roster import Roster
from ivr.office.unanswered import UNANSWERED, never_answers
from ivr.people.choice import Choice, Need, choose
from ivr.people.handover import InLine, Seek, Standing
from ivr.people.staff import Employee, Role, Staff, State
from ivr.people.waiting import waiting_minutes
from ivr.store.database import StoreDatabase, writing

AT_WORK: Final = frozenset({State.READY, State.RINGING, State.ON_CALL, State.WRAP_UP, State.PAUSE})
SERVING: Final = AT_WORK - {State.PAUSE}
_OURS: Final = (State.RINGING, State.ON_CALL)


@dataclass(frozen=True, slots=True)
class Rules:
    """``extension_uri``: SIP address of an extension. ``no_answer_s``: an agent's time until they must have accepted.

    ``wrap_up_s``: after a conversation an agent has so long before the next call. ``unanswered``: after so many offers
    in a row that they did not answer an agent is paused; 0: never. ``outside_uri``: where people outside
    are called by click; empty: nowhere. An extension that is an address
    already stays what it is; without an address nobody can be called there.
    """

    extension_uri: str = ""
    no_answer_s: float = 15.0
    wrap_up_s: float = 60.0
    outside_uri: str = ""
    unanswered: int = 3

    def address(self, extension: str) -> str:
        """Where an extension is reached; empty when it isn't."""
        return extension if extension.startswith("sip:") else self.extension_uri.format(extension=extension)


@dataclass(frozen=True, slots=True)
class Reserved:
    """An agent who rings from now on, for nobody else."""

    offer: int
    choice: Choice


def need_of(seek: Seek, staff: Staff) -> Need:
    """``wanted`` is a name as the directory has it; a name that nobody here has is nobody's wish."""
    name = seek.wanted.casefold()
    wanted = next((one.id for one in staff.employees if name and one.name.casefold() == name), None)
    return Need(seek.topic, seek.language, wanted, frozenset(seek.tried))


def staff_of(database: StoreDatabase, rules: Rules) -> Staff:
    """Everybody as they are now, with addresses in the place of extensions."""
    staff = Roster(database).staff()
    employees = (
        replace(one, extension=rules.address(one.extension) if one.extension else "") for one in staff.employees
    )
    return Staff(tuple(employees), staff.absences, staff.presence)


def somebody_ready(database: StoreDatabase, rules: Rules, seek: Seek, at: datetime) -> bool:
    return _choice(database, rules, seek, at) is not None


def _choice(database: StoreDatabase, rules: Rules, seek: Seek, at: datetime) -> Choice | None:
    """Whose telephone is taken by an offer is not free, whatever state they chose meanwhile."""
    staff = staff_of(database, rules)
    need = need_of(seek, staff)
    taken = {offer.employee for offer in Offers(database).live()}
    return choose(replace(need, tried=need.tried | taken), staff, at)


def reserve(
    database: StoreDatabase, rules: Rules, seek: Seek, context: dict[str, Any], summary: str, at: datetime
) -> Reserved | None:
    """Choose an agent, write the offer and let them ring; None while nobody suitable is ready."""
    roster, offers = Roster(database), Offers(database)
    with writing(database):
        choice = _choice(database, rules, seek, at)
        if choice is None:
            return None
        offer = offers.add(seek.call, choice.employee.id, choice.because, context, summary, at)
        if offer is None:
            return None
        roster.set_state(choice.employee.id, State.RINGING, at)
        offers.leave(seek.call)
    return Reserved(offer, choice)


def take_place(database: StoreDatabase, rules: Rules, seek: Seek, since: datetime, at: datetime) -> InLine | None:
    """The caller's place in line and an honest estimate; None when nobody who could serve them is there."""
    staff, offers = staff_of(database, rules), Offers(database)
    need = need_of(seek, staff)
    able = [one for one in _able(staff, need, at) if one.id not in need.tried]
    if not able:
        offers.leave(seek.call)
        return None
    offers.wait(seek.call, seek.topic, seek.language, need.wanted, since)
    position = next(one.position for one in offers.queue() if one.call == seek.call)
    return InLine(seek.call, position, waiting_minutes(position, _serving(staff, able), offers.handled_s()))


def staffed(database: StoreDatabase, rules: Rules, seek: Seek, at: datetime) -> bool:
    """Somebody who could serve this caller is at work, whether or not they had their chance."""
    staff = staff_of(database, rules)
    return any(_able(staff, need_of(seek, staff), at))


def standing(database: StoreDatabase, rules: Rules, at: datetime) -> Standing:
    """How things are for the next caller."""
    staff, offers = staff_of(database, rules), Offers(database)
    agents = [one for one in staff.employees if Role.AGENT in one.roles and one.extension]
    there = list(_able(staff, Need(), at))
    wait_s = 0.0
    if there and not any(staff.ready(one.id, at) for one in there):
        minutes = waiting_minutes(len(offers.queue()) + 1, _serving(staff, there), offers.handled_s())
        wait_s = 60.0 * (minutes or 0)
    return Standing(bool(agents), bool(there), wait_s)


def move(
    database: StoreDatabase, rules: Rules, offer: int, state: OfferState, reason: str, at: datetime
) -> Offer | None:
    """The offer goes on to ``state``, and its agent with it; None when it is not known.

    An agent who chose another state meanwhile (a pause, the end of the day) keeps it.
    """
    offers = Offers(database)
    with writing(database):
        if not offers.set_state(offer, state, at, reason) and not state.live:
            # Who accepted on the desk may still decline on the telephone.
            offers.set_state(offer, OfferState.FAILED, at, reason or state.value)
        known = offers.by_id(offer)
        if known is not None:
            _follow(database, rules, known, at)
    return known


def _follow(database: StoreDatabase, rules: Rules, offer: Offer, at: datetime) -> None:
    """The agent is where their offer is; who does not answer again and again is paused."""
    roster = Roster(database)
    presence = roster.staff().presence.get(offer.employee)
    if presence is None or presence.state not in _OURS:
        return
    if offer.state.live:
        wanted = State.RINGING if offer.state is OfferState.RINGING else State.ON_CALL
    else:
        wanted = State.WRAP_UP if offer.bridged_at is not None else State.READY
    if wanted is State.READY and never_answers(database, offer, rules.unanswered):
        roster.set_state(offer.employee, State.PAUSE, at, UNANSWERED)
    elif presence.state is not wanted:
        roster.set_state(offer.employee, wanted, at)


def answer(database: StoreDatabase, rules: Rules, offer: int, accept: bool, reason: str, at: datetime) -> bool:
    """The agent's button on the desk; false when the offer doesn't ring any more."""
    state = OfferState.ACCEPTED if accept else OfferState.DECLINED
    with writing(database):
        if not Offers(database).set_state(offer, state, at, reason):
            return False
        if accept:
            move(database, rules, offer, state, reason, at)
    return True


def end(database: StoreDatabase, rules: Rules, offer: int, reason: str, at: datetime) -> Offer | None:
    """Its worker or its caller is gone; None when the offer is not known."""
    known = Offers(database).by_id(offer)
    bridged = known is not None and known.state is OfferState.BRIDGED
    return move(database, rules, offer, OfferState.ENDED if bridged else OfferState.FAILED, reason, at)


def end_wrap_up(database: StoreDatabase, rules: Rules, at: datetime) -> bool:
    """Agents whose wrap-up is over are ready again; true when there was one."""
    roster = Roster(database)
    over = [
        employee
        for employee, presence in roster.staff().presence.items()
        if presence.state is State.WRAP_UP and at - presence.since >= timedelta(seconds=rules.wrap_up_s)
    ]
    for employee in over:
        roster.set_state(employee, State.READY, at)
    return bool(over)


def begin_anew(database: StoreDatabase, at: datetime) -> list[Offer]:
    """After a start of the office: nobody stands in line yet; agents without a live offer or a live call of their own
    neither ring nor talk.

    Returns the offers that live on, if their workers say so.
    """
    offers, roster = Offers(database), Roster(database)
    for caller in offers.queue():
        offers.leave(caller.call)
    live = offers.live()
    busy = {offer.employee for offer in live} | Requests(database).callers()
    for employee, presence in roster.staff().presence.items():
        if presence.state in _OURS and employee not in busy:
            roster.set_state(employee, State.READY, at)
    return live


def _able(staff: Staff, need: Need, at: datetime) -> Iterable[Employee]:
    """Who could take the call if they were free."""
    for one in staff.employees:
        presence = staff.presence.get(one.id)
        if (
            Role.AGENT in one.roles
            and one.extension
            and need.language in one.languages
            and (one.knows(need.topic) or one.id == need.wanted)
            and presence is not None
            and presence.state in AT_WORK
            and staff.absence(one.id, at) is None
        ):
            yield one


def _serving(staff: Staff, agents: Iterable[Employee]) -> int:
    return sum(staff.presence[one.id].state in SERVING for one in agents)
