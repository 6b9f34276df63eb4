"""One recording: nobody hears it without a purpose, whoever does is on the log, and what they find has consequences."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import soundfile

from ivr.events import JournalKind
from tests.office.quality_unit import CALL, PURPOSE, Quality, marks


@pytest.fixture
def quality(tmp_path: Path) -> Quality:
    return Quality(tmp_path)


@pytest.mark.rule("P67", "X7")
async def test_without_a_purpose_nothing_is_seen_or_heard(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        asked = await visit.get(page)
        assert "Kam atveriate įrašą?" in asked.text
        assert "kada man priklauso" not in asked.text
        assert (await visit.get(f"{page}/garsas")).status_code == 403
        assert (await visit.get(f"{page}/bangos")).status_code == 403
        assert (await visit.post(f"{page}/tikslas", purpose="šiaip")).status_code == 422
        assert (await visit.get(f"{page}/garsas")).status_code == 403
    assert quality.log() == []


@pytest.mark.rule("P67", "X7")
async def test_opening_playing_and_taking_out_are_on_the_log_with_the_purpose(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        opened = await visit.open(CALL, quality.office.ona)
        assert "kada man priklauso pensija" in opened.text
        for _ in range(3):
            assert (await visit.get(f"{page}/garsas", Range="bytes=0-99")).status_code == 206
        linked = await visit.post(f"{page}/nuoroda", purpose="prašymas Nr. 12, teismas")
        link = re.search(r'href="(/isvezti/[^"]+)"', linked.text)
        assert link
        taken = await visit.get(link[1])
        assert taken.content.startswith(b"fLaC")
        assert "attachment" in taken.headers["Content-Disposition"]
    assert [(one.name, one.act, one.purpose) for one in quality.log()] == [
        ("Kazys Kokybė", "opened", PURPOSE),
        ("Kazys Kokybė", "played", PURPOSE),
        ("Kazys Kokybė", "linked", "prašymas Nr. 12, teismas"),
        ("Kazys Kokybė", "taken_out", ""),
    ]


async def test_a_purpose_counts_for_half_an_hour_for_one_recording_and_one_visitor(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    other = f"/irasai/{quality.call('call-b')}/{quality.office.ona}"
    async with quality.browser("kazys") as visit, quality.browser("dalia") as second:
        await visit.open(CALL, quality.office.ona)
        assert (await visit.get(f"{other}/garsas")).status_code == 403
        assert (await second.get(f"{page}/garsas")).status_code == 403
        quality.later(minutes=31)
        assert (await visit.get(f"{page}/garsas")).status_code == 403


async def test_a_link_ends_and_is_nobody_elses(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit, quality.browser("dalia") as second:
        await visit.open(CALL, quality.office.ona)
        linked = await visit.post(f"{page}/nuoroda", purpose="prašymas Nr. 12, teismas")
        found = re.search(r'href="(/isvezti/[^"]+)"', linked.text)
        assert found
        assert (await second.get(found[1])).status_code == 404
        assert (await visit.get(found[1])).status_code == 200
        quality.later(minutes=16)
        assert (await visit.get(found[1])).status_code == 404


RANGES: tuple[tuple[str, int, int, int | None], ...] = (
    ("", 200, 0, None),
    ("bytes=0-", 206, 0, None),
    ("bytes=100-199", 206, 100, 100),
    ("bytes=-50", 206, -50, 50),
    ("bytes=100-99999999", 206, 100, None),
    ("bytes=0-1,5-6", 200, 0, None),
    ("lines=1-2", 200, 0, None),
    ("bytes=-", 200, 0, None),
)


async def test_a_player_gets_the_part_it_asks_for(quality: Quality) -> None:
    sound = f"/irasai/{quality.call()}/{quality.office.ona}/garsas"
    whole = b"".join(quality.vault().read(CALL))
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        for header, status, start, length in RANGES:
            answer = await visit.get(sound, **({"Range": header} if header else {}))
            wanted = whole[start:] if length is None else whole[start:][:length]
            assert (answer.status_code, answer.content) == (status, wanted), header
            assert answer.headers["Content-Type"] == "audio/flac"
            if status == 206:
                first = start if start >= 0 else len(whole) + start
                assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(whole)}"
        for header in ("bytes=99999999-", "bytes=5-2"):
            assert (await visit.get(sound, Range=header)).status_code == 416


async def test_the_sound_never_lies_open_on_the_disk(quality: Quality) -> None:
    quality.call()
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        sound = (await visit.get(f"/irasai/{CALL}/{quality.office.ona}/garsas")).content
    assert soundfile.info(io.BytesIO(sound)).channels == 2
    assert not any(b"fLaC" in path.read_bytes() for path in quality.folder.rglob("*") if path.is_file())


async def test_the_waveform_has_both_channels(quality: Quality) -> None:
    quality.call()
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        waves = (await visit.get(f"/irasai/{CALL}/{quality.office.ona}/bangos")).json()
    left, right = waves["peaks"]
    assert waves["length_s"] == 3.0
    assert max(left) == pytest.approx(9000 / 32768, abs=0.01)
    assert max(right) == pytest.approx(3000 / 32768, abs=0.01)


@pytest.mark.rule("X5")
async def test_the_transcript_is_masked_and_on_the_recordings_clock(quality: Quality) -> None:
    quality.call(
        said="esu Jonas Petraitis mano telefonas aštuoni šeši vienas du trys keturi penki kada pensija",
        more=(
            ("auth.started", 30.0, {"role": "job_seeker"}),
            ("turn.heard", 36.0, {"grammar": "number", "pii_text": "061234567", "started_s": 35.0, "ended_s": 36.0}),
            ("auth.verdict", 40.0, {"verdict": "passed"}),
        ),
    )
    async with quality.browser("kazys") as visit:
        text = (await visit.open(CALL, quality.office.ona)).text
    assert "pensija" in text
    for secret in ("Petraitis", "keturi penki", "061234567"):
        assert secret not in text
    assert 'data-at="3.0"' in text  # heard 7 s after the offer, recorded from 4 s on
    assert '<rect x="26.0"' in text  # silenced from 30 to 40 s


@pytest.mark.parametrize("harm", ["missing", "flipped", "key"])
async def test_a_recording_that_can_not_be_opened_says_so_and_the_page_stays(quality: Quality, harm: str) -> None:
    quality.call()
    file = quality.folder / "sealed" / f"{CALL}.sealed"
    match harm:
        case "missing":
            file.unlink()
        case "flipped":
            data = bytearray(file.read_bytes())
            data[-3] ^= 1
            file.write_bytes(data)
        case _:
            catalogue = quality.vault()._catalogue
            catalogue.rewrap(CALL, "0" * 16, bytes(40))
    async with quality.browser("kazys") as visit:
        page = await visit.open(CALL, quality.office.ona)
        assert "atverti nepavyksta" in page.text
        assert "kada man priklauso pensija" in page.text
        assert (await visit.get(f"/irasai/{CALL}/{quality.office.ona}/garsas")).status_code == 404


@pytest.mark.rule("A20")
async def test_a_mistake_makes_a_task_to_call_back(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        fields = marks(quality.office.ona) | {"mistake": "pasakyta neteisinga suma", "note": "Ona, pažiūrėkite"}
        assert (await visit.post(f"{page}/vertinimas", **fields)).status_code == 303
        shown = (await visit.get(page)).text
        assert "Sukurta užduotis perskambinti" in shown
    (task,) = quality.unit.journal.of_kind(JournalKind.TASK_CREATED)
    assert task.data["type"] == "correction"
    assert task.data["pii_caller"] == "+37061234567"
    assert task.data["for"] == "Ona Petraitienė"
    (review,) = quality.unit.journal.of_kind(JournalKind.REVIEW_DONE)
    assert (review.data["employee"], review.data["score"]) == (quality.office.ona, 100)
    async with quality.browser("ona") as agent:
        assert "Ištaisyti atsakymą" in (await agent.get("/uzduotys")).text


@pytest.mark.rule("A20")
async def test_nobody_is_called_back_whose_number_is_hidden_or_who_was_told_rightly(quality: Quality) -> None:
    quality.call(caller="")
    quality.call("call-b")
    async with quality.browser("kazys") as visit:
        for call, mistake in ((CALL, "neteisinga suma"), ("call-b", "")):
            await visit.open(call, quality.office.ona)
            fields = marks(quality.office.ona) | {"mistake": mistake}
            await visit.post(f"/irasai/{call}/{quality.office.ona}/vertinimas", **fields)
        assert "numeris paslėptas" in (await visit.get(f"/irasai/{CALL}/{quality.office.ona}")).text
    assert quality.unit.journal.of_kind(JournalKind.TASK_CREATED) == []
    assert len(quality.unit.journal.of_kind(JournalKind.REVIEW_DONE)) == 2


async def test_a_review_is_whole_and_made_once(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        some = dict(list(marks(quality.office.ona).items())[:3])
        assert (await visit.post(f"{page}/vertinimas", **some)).status_code == 422
        wrong = marks(quality.office.ona, "excellent")
        assert (await visit.post(f"{page}/vertinimas", **wrong)).status_code == 422
        assert (await visit.post(f"{page}/vertinimas", **marks(quality.office.ona))).status_code == 303
        assert (await visit.post(f"{page}/vertinimas", **marks(quality.office.ona, "bad"))).status_code == 422
    (review,) = quality.unit.journal.of_kind(JournalKind.REVIEW_DONE)
    assert review.data["score"] == 100


async def test_a_correction_stands_in_the_transcript_and_is_searched(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        assert (await visit.post(f"{page}/taisymas", turn="5", text="noriu šalpos išmokos")).status_code == 303
        assert (await visit.post(f"{page}/taisymas", turn="4", text="ne žmogaus sakinys")).status_code == 422
        shown = (await visit.get(page)).text
        assert "noriu šalpos išmokos" in shown
        assert "pataisyta" in shown
        assert CALL in (await visit.get("/irasai?zodziai=salpos")).text
