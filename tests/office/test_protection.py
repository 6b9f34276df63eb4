"""Data protection: a person's own data gathered and erased, breaches with their clock, the log that shows changes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import StoreError, VaultError
from ivr.identity.ports import Try
from ivr.office import person_pages
from ivr.office.audit import Audit
from ivr.office.identity_tries import TryBook
from ivr.office.offers import Offers, OfferState
from ivr.people.choice import Because
from ivr.registry.tries import TryLog
from ivr.store.database import open_database
from ivr.store.erasure import erase_personal
from ivr.vault.catalogue import Certificate
from ivr.vault.vault import Vault
from tests.office.quality_unit import CALL, Quality

NUMBER = "+37061234567"
ASKED = {"number": NUMBER, "call": CALL, "purpose": "2026-11-30 prašymas Nr. 14, BDAR 17 str."}


@pytest.fixture
def quality(tmp_path: Path) -> Quality:
    return Quality(tmp_path)


@pytest.mark.rule("A23", "P67")
async def test_a_persons_data_are_gathered_with_their_sound_and_nobody_elses(quality: Quality) -> None:
    quality.call()
    quality.call("other", caller="+37069999999")
    async with quality.browser("dalia") as visit:
        found = (await visit.post("/apsauga/asmuo", what="find", number=NUMBER)).text
        assert CALL in found
        assert "other" not in found.split("Rasti skambučiai", 1)[1].split("</fieldset>")[0]
        assert (
            await visit.post("/apsauga/asmuo", what="gather", number=NUMBER, call=CALL, purpose="")
        ).status_code == 422
        answer = await visit.post("/apsauga/asmuo", what="gather", **ASKED)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert sorted(file.namelist()) == [f"{CALL}.flac", f"{CALL}.json"]
        events = json.loads(file.read(f"{CALL}.json"))["events"]
        assert events[0]["data"]["pii_caller"] == NUMBER
        assert file.read(f"{CALL}.flac").startswith(b"fLaC")
    (gathered,) = [one for one in quality.log() if one.act == "gathered"]
    assert gathered.purpose == ASKED["purpose"]
    assert NUMBER not in str(quality.log())


@pytest.mark.rule("A23", "P63", "X8")
async def test_what_was_erased_is_nowhere_any_more(quality: Quality) -> None:
    quality.call(said="kada man priklauso zylutės pensija")
    context = {"pii_caller": NUMBER, "pii_questions": ["zylutės pensija"], "slots": {"pii_name": "Zylutė"}, "signs": []}
    summary = "Teiravosi: „zylutės pensija“."
    offers = Offers(quality.office.database)
    offer = offers.add(CALL, quality.office.ona, Because.FREE, context, summary, quality.now)
    assert offer
    offers.set_state(offer, OfferState.DECLINED, quality.now)
    async with quality.browser("dalia") as visit, quality.browser("kazys") as second:
        await second.open(CALL, quality.office.ona)
        assert (await visit.post("/apsauga/asmuo", what="erase", **ASKED)).status_code == 422
        answer = await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)
        assert "Ištrinta. Pažymos:" in answer.text
        assert (await second.get(f"/irasai/{CALL}/{quality.office.ona}/garsas")).status_code == 404
        assert f"/irasai/{CALL}/" not in (await second.get("/irasai?zodziai=zylu")).text
        assert "zylut" not in (await second.get(f"/irasai/{CALL}/{quality.office.ona}")).text
    assert [one.reason for one in quality.vault()._catalogue.certificates()] == [ASKED["purpose"]]
    files = {path.name: path.read_bytes() for path in quality.folder.iterdir() if path.is_file()}
    for name, content in files.items():
        assert NUMBER.encode() not in content, name
        assert b"zylut" not in content, name
    events = quality.unit.journal.events(CALL)
    assert [event.kind for event in events[-2:]] == ["call.ended", "data.erased"]
    assert "reason" not in events[-1].data  # it goes out by MQTT; the log of acts has it
    with pytest.raises(Exception, match="append-only"):
        open_database(quality.folder / "journal.db").execute("UPDATE events SET data = '{}'")


@pytest.mark.rule("A23", "P63")
async def test_sound_that_arrives_while_its_call_is_erased_does_not_stay(
    quality: Quality, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality.call(sealed=False)
    wav = quality.folder / "recordings" / f"{CALL}.wav"

    def arrives(*given: Any) -> int:
        wav.parent.mkdir()
        wav.write_bytes(b"RIFF")
        return erase_personal(*given)

    monkeypatch.setattr(person_pages, "erase_personal", arrives)
    async with quality.browser("dalia") as visit:
        await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)
    assert not wav.exists()


@pytest.mark.rule("A23", "P63")
async def test_sound_that_is_sealed_while_its_call_is_erased_does_not_stay(
    quality: Quality, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality.call(sealed=False)

    def sealed(*given: Any) -> int:
        quality.seal(CALL)
        return erase_personal(*given)

    monkeypatch.setattr(person_pages, "erase_personal", sealed)
    async with quality.browser("dalia") as visit:
        answer = await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)
    assert "Ištrinta. Pažymos:" in answer.text
    assert quality.vault().kept(CALL) is None


@pytest.mark.rule("X8")
async def test_a_hold_is_stronger_than_a_persons_wish(quality: Quality) -> None:
    quality.call()
    async with quality.browser("dalia") as visit:
        assert (await visit.post("/apsauga/sulaikymas", call=CALL, reason="byla Nr. 5")).status_code == 303
        answer = await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)
        assert "byla Nr. 5" in answer.text
        assert quality.unit.journal.events(CALL)[0].data["pii_caller"] == NUMBER
        assert (await visit.post("/apsauga/sulaikymas", call=CALL, reason="")).status_code == 303
        await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)
    assert quality.unit.journal.events(CALL)[0].data["pii_caller"] == "•••"


@pytest.mark.rule("A23")
async def test_who_called_often_has_all_of_it_gathered_at_once(quality: Quality) -> None:
    """The page names every call that it found, each in a field of its own."""
    quality.call()
    many = [CALL, *(f"20261101-090000-{number:06x}" for number in range(2000))]
    fields: dict[str, str | list[str]] = {**ASKED, "call": many}
    async with quality.browser("dalia") as visit:
        answer = await visit.post("/apsauga/asmuo", what="gather", **fields)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert f"{CALL}.json" in file.namelist()


@pytest.mark.parametrize("number", ["", "+3706", "%", "' OR 1=1 --"])
async def test_a_number_that_is_nobodys_finds_nobody(quality: Quality, number: str) -> None:
    quality.call(sealed=False)
    quality.call("hidden", caller="", sealed=False)
    async with quality.browser("dalia") as visit:
        found = (await visit.post("/apsauga/asmuo", what="find", number=number)).text
    assert "skambučių nėra" in found


@pytest.mark.rule("A23", "X6")
async def test_tries_to_prove_who_calls_are_gathered_without_what_they_hide_and_stay_after_an_erasure(
    tmp_path: Path,
) -> None:
    log = TryLog(tmp_path / "identity.db", bytes(32))
    quality = Quality(tmp_path, TryBook(log.from_number, lambda: ["line-1"]))
    name, person = log.hashed("name", "Ona Petraitienė"), log.hashed("person", "p-1")
    for caller in ("861234567", NUMBER, "+37069999999"):  # a trunk may write a number in several ways
        row = log.begin(Try(quality.now, log.hashed("number", caller)))
        log.claimed(row, name, log.hashed("digits", "1234"), [person])
    log.passed(row - 1)
    quality.call()
    async with quality.browser("dalia") as visit:
        page = (await visit.post("/apsauga/asmuo", what="find", number=NUMBER)).text
        assert "bandymai iš šio numerio: 2" in page
        gathered = (await visit.post("/apsauga/asmuo", what="gather", **ASKED)).content
        erased = (await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)).text
        assert "Trinant jie lieka" in erased
        assert "dings 2026-12-31" in erased
        again = await visit.post("/apsauga/asmuo", what="gather", number=NUMBER, purpose=ASKED["purpose"])
    for content in (gathered, again.content):  # no call is left the second time, and the log still answers
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            told = file.read("identity-tries.json")
        tries = json.loads(told)["tries"]
        assert sorted(one["passed"] for one in tries) == [False, True]
        assert {one["person_mark"] for one in tries} == {person[:8]}
        assert json.loads(told)["not_asked"] == ["line-1"]
        for hidden in (name, person, log.hashed("number", NUMBER), "Petrait"):
            assert hidden.encode() not in told
    assert len(log.from_number([NUMBER, "861234567"])) == 2


@pytest.mark.rule("A23")
async def test_a_log_of_tries_that_can_not_be_read_is_said_and_keeps_nothing_else(tmp_path: Path) -> None:
    def broken(_spellings: Collection[str]) -> list[Try]:
        raise StoreError(tmp_path / "identity.db", "can't be used (disk I/O error)", "Look at the disk")

    quality = Quality(tmp_path, TryBook(broken))
    quality.call()
    async with quality.browser("dalia") as visit:
        gathered = (await visit.post("/apsauga/asmuo", what="gather", **ASKED)).content
        erased = (await visit.post("/apsauga/asmuo", what="erase", sure="1", **ASKED)).text
    with zipfile.ZipFile(io.BytesIO(gathered)) as file:
        assert b"disk I/O error" in file.read("identity-tries.fault.txt")
        assert f"{CALL}.flac" in file.namelist()
    assert "disk I/O error" in erased
    assert "Ištrinta. Pažymos:" in erased


@pytest.mark.rule("P62.7")
async def test_a_breach_has_a_clock_of_24_hours_and_names_who_opened_what(quality: Quality) -> None:
    quality.office.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    quality.call()
    async with quality.browser("kazys") as listener:
        await listener.open(CALL, quality.office.ona)
    quality.later(hours=3)
    async with quality.browser("dalia") as visit:
        fields = {"what": "Pamestas nešiojamasis kompiuteris", "since": "2026-12-01T09:00", "until": "2026-12-01T12:00"}
        made = await visit.post("/apsauga/pazeidimai", **fields)
        assert made.status_code == 303
        page = (await visit.get(made.headers["Location"])).text
        assert "2026-12-02 13:00" in page  # found at 13:00 in Vilnius, due a day later
        assert "Kazys Kokybė" in page
        assert CALL in page
        assert "Vėluojama" not in page
        quality.later(hours=24, minutes=1)
    async with quality.browser("dalia") as visit:
        assert "Vėluojama" in (await visit.get("/apsauga")).text
        assert (
            await visit.post(made.headers["Location"], to="Valstybinė duomenų apsaugos inspekcija")
        ).status_code == 303
        told = (await visit.get(made.headers["Location"])).text
        assert "inspekcija" in told
        assert "Vėluojama" in told  # told, but too late
    assert [one.act for one in quality.log()][-3:] == ["reported", "read_log", "reported"]


@pytest.mark.rule("P62.7")
async def test_a_breach_that_was_told_in_time_is_not_late_for_ever(quality: Quality) -> None:
    async with quality.browser("dalia") as visit:
        fields = {"what": "Laiškas ne tam", "since": "2026-12-01T09:00", "until": "2026-12-01T09:30"}
        made = (await visit.post("/apsauga/pazeidimai", **fields)).headers["Location"]
        quality.later(hours=1)
        await visit.post(made, to="inspekcija")
    quality.later(days=9)
    async with quality.browser("dalia") as visit:
        assert "Vėluojama" not in (await visit.get(made)).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "", "since": "2026-12-01T09:00", "until": "2026-12-01T09:30"},
        {"what": "x", "since": "vakar", "until": "2026-12-01T09:30"},
        {"what": "x", "since": "2026-12-01T09:30", "until": "2026-12-01T09:00"},
    ],
)
async def test_a_breach_without_its_facts_is_asked_again(quality: Quality, wrong: dict[str, str]) -> None:
    async with quality.browser("dalia") as visit:
        assert (await visit.post("/apsauga/pazeidimai", **wrong)).status_code == 422
        assert "Pažeidimų nebuvo" in (await visit.get("/apsauga")).text


@pytest.mark.rule("X7")
async def test_a_log_that_was_changed_is_shown_as_changed(quality: Quality) -> None:
    quality.call()
    async with quality.browser("kazys") as listener:
        await listener.open(CALL, quality.office.ona)
    async with quality.browser("dalia") as visit:
        assert "Žurnalas nepakeistas" in (await visit.get("/apsauga")).text
        log = Audit(quality.folder / "audit.db", lambda: quality.now)
        log.db.execute("DROP TRIGGER entries_no_update")
        log.db.execute("UPDATE entries SET purpose = 'kita' WHERE id = 1")
        assert "Žurnalas pakeistas" in (await visit.get("/apsauga")).text


@pytest.mark.rule("A23", "P67")
@pytest.mark.parametrize("asked", ["8 698 76543", "+37069876543", "Ona@pavyzdys.lt"])
async def test_a_person_is_found_by_what_was_left_in_somebody_elses_call_and_chosen_by_hand(
    quality: Quality, asked: str
) -> None:
    task = ("task.created", 50.0, {"type": "message", "pii_caller": "+37069876543", "pii_name": "Ona"})
    sent = ("answer.sent", 55.0, {"answer": "a", "channel": "email", "pii_to": "ona@pavyzdys.lt", "taken": True})
    quality.call("hers", caller="+37061111111", more=(task, sent), sealed=False)
    quality.call("other", caller="+37069999999", sealed=False)
    async with quality.browser("dalia") as visit:
        found = (await visit.post("/apsauga/asmuo", what="find", number=asked)).text
        assert 'value="hers"' in found
        assert 'value="other"' not in found
        assert "checked" not in found.split('value="hers"', 1)[1].split(">")[0]  # whose it is people decide
        for fields in ({}, {"call": "other"}, {"call": "../hers"}):
            answer = await visit.post(
                "/apsauga/asmuo", what="erase", sure="1", number=asked, purpose=ASKED["purpose"], **fields
            )
            assert answer.status_code == 422
            assert "Pažymėkite, kurie skambučiai" in answer.text
        answer = await visit.post("/apsauga/asmuo", what="gather", number=asked, purpose=ASKED["purpose"], call="hers")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
            assert file.namelist() == ["hers.json"]
        await visit.post("/apsauga/asmuo", what="erase", sure="1", number=asked, purpose=ASKED["purpose"], call="hers")
        assert "skambučių nėra" in (await visit.post("/apsauga/asmuo", what="find", number=asked)).text
    assert quality.unit.journal.events("other")[0].data["pii_caller"] == "+37069999999"
    index = (quality.folder / "index.db").read_bytes()
    assert b"ona@pavyzdys.lt" not in index
    assert b"69876543" not in index


@pytest.mark.rule("P63", "X8")
async def test_one_recording_that_can_not_be_erased_does_not_keep_the_others(
    quality: Quality, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        quality.call(name)
    really = Vault.erase

    def erase(vault: Vault, name: str, by: str, reason: str) -> Certificate:
        if name == "a":
            raise VaultError(name, "can't be read (Input/output error)", "Look at the disk")
        certificate = really(vault, name, by, reason)
        if name == "b":
            raise VaultError(name, "can't be removed (Read-only file system)", "Remove the file by hand")
        return certificate

    monkeypatch.setattr(Vault, "erase", erase)
    wanted = ASKED | {"call": ["a", "b", "c"]}
    async with quality.browser("dalia") as visit:
        data = {"form_key": visit.form_key, "what": "erase", "sure": "1", **wanted}
        answer = await visit.client.post("/apsauga/asmuo", data=data)
    assert answer.status_code == 200
    assert "Neištrinta: a: can&#39;t be read" in answer.text
    assert "Neištrinta: b: can&#39;t be removed" in answer.text
    left = {name: quality.unit.journal.events(name)[0].data["pii_caller"] for name in ("a", "b", "c")}
    assert left == {"a": NUMBER, "b": "•••", "c": "•••"}  # whose key is gone is closed, whatever became of the file
    assert quality.vault().kept("a")
    assert not quality.vault().kept("c")


@pytest.mark.rule("X7")
async def test_the_whole_log_is_verified_by_button_and_what_changed_is_named(quality: Quality) -> None:
    async with quality.browser("dalia") as visit:
        assert "Žurnalas nepakeistas" in (await visit.get("/apsauga")).text
        quality.later(hours=1)
        shown = (await visit.get("/apsauga")).text
        assert "Visas žurnalas tikrintas 2026-12-01 10:00" in shown
        pressed = (await visit.post("/apsauga/zurnalas")).text
        assert "Visas žurnalas tikrintas 2026-12-01 11:00" in pressed
    async with quality.browser("kazys") as visit:
        assert (await visit.post("/apsauga/zurnalas")).status_code == 403
