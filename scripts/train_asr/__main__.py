"""``python -m scripts.train_asr STAGE …``: one command a stage, and ``all`` for the whole way (README.md)."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MODELS: Final = ROOT / "asr_models"
LICENCE: Final = "BSD-2-Clause (LIEPA statistics); GPL-3.0-or-later and BSD-3-Clause (word lists, language model)"
_MADE: Final = ("sources", "kokoro", "espeak", "corpus", "train", "assemble")  # what ``all`` runs
STAGES: Final = (*_MADE, "unheard", "motion", "evaluate", "manifest")
SETS: Final = ("people", "unheard", "found")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage; the exit status."""
    chosen = _options().parse_args(arguments)
    # Each stage imports what it alone needs: torch, kaldifst and vosk must not meet in one process.
    {
        "sources": _sources,
        "kokoro": _kokoro,
        "espeak": _espeak,
        "corpus": _corpus,
        "train": _train,
        "assemble": _assemble,
        "unheard": _unheard,
        "evaluate": _evaluate,
        "manifest": _manifest,
        "motion": _motion,
        "all": _all,
    }[chosen.stage](chosen)
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m scripts.train_asr", description=__doc__)
    options.add_argument("stage", choices=(*STAGES, "all"))
    options.add_argument("--work", type=Path, default=ROOT / "var" / "train_asr", help="folder for everything made")
    options.add_argument("--liepa", type=Path, help="folder of LIEPA's Sphinx model (default: WORK/liepa)")
    options.add_argument("--kokoro", type=Path, help="folder with the unpacked Kokoro packages (default: WORK/kokoro)")
    options.add_argument("--kokoro-minutes", type=float, default=110.0, help="minutes of Kokoro's speech")
    options.add_argument("--espeak-minutes", type=float, default=30.0, help="minutes of espeak-ng's speech")
    options.add_argument("--minutes", type=float, default=88.0, help="minutes of training")
    options.add_argument("--width", type=int, default=384, help="units of a layer")
    options.add_argument("--rate", type=float, default=1e-3, help="rate of learning at the beginning")
    options.add_argument("--steady", action="store_true", help="let the rate of learning not fall")
    options.add_argument("--stay", type=float, default=0.0, help="share of --start's weights in the finished ones")
    options.add_argument("--processes", type=int, default=1, help="processes that make batches")
    options.add_argument("--start", default="none", help="final.mdl to begin from, newest (of asr_models/), or none")
    options.add_argument("--corpus", type=Path, help="folder of a corpus of recorded speech")
    options.add_argument("--layout", choices=("common-voice", "liepa"), default="common-voice")
    options.add_argument("--corpus-share", type=float, default=0.4, help="share of the corpus in each batch")
    options.add_argument("--name", default="vosk-model-small-lt-0.7", help="name of the model folder")
    options.add_argument("--out", type=Path, default=MODELS, help="where the model folder goes")
    options.add_argument("--speech", type=Path, help="recordings of people to measure with (see README.md)")
    options.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="what evaluate measures with")
    options.add_argument("--manifest", type=Path, help="write the recordings for `ivr asr eval` there, measure nothing")
    options.add_argument("--floor", type=float, default=0.0, help="noise at the ear while measuring, 16-bit units")
    options.add_argument("--json", action="store_true", help="results of evaluate as JSON")
    return options


def _sources(chosen: argparse.Namespace) -> None:
    from scripts.train_asr.sources import fetch_liepa

    fetch_liepa(_liepa(chosen))


def _kokoro(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import kokoro

    folder = chosen.kokoro or chosen.work / "kokoro"
    kokoro.synthesize(
        folder, folder / "package" / "voices", chosen.work / "speech" / "kokoro", minutes=chosen.kokoro_minutes
    )


def _espeak(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import espeak

    espeak.synthesize(chosen.work / "speech" / "espeak", minutes=chosen.espeak_minutes)


def _corpus(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import corpora

    if chosen.corpus is None:
        raise SystemExit("--corpus FOLDER is missing: the recordings, in the layout that --layout names")
    read = corpora.common_voice if chosen.layout == "common-voice" else corpora.liepa
    taken, left_out = corpora.load(read(chosen.corpus), chosen.work / "speech" / "corpus")
    print(f"corpus: {taken} recordings taken, {left_out} left out")


def _train(chosen: argparse.Namespace) -> None:
    from scripts.train_asr.batches import Sources
    from scripts.train_asr.train import Plan, Training

    speech = chosen.work / "speech"
    people = chosen.corpus_share if (speech / "corpus").is_dir() else 0.0
    shares = {speech / "corpus": people, speech / "kokoro": 0.43 * (1 - people), speech / "espeak": 0.05 * (1 - people)}
    plan = Plan(
        minutes=chosen.minutes,
        width=chosen.width,
        rate=chosen.rate,
        processes=chosen.processes,
        initial=_start(chosen.start),
        steady=chosen.steady,
        stay=chosen.stay,
    )
    Training(chosen.work / "train", Sources(_liepa(chosen), shares), plan).run()


def _start(named: str) -> Path | None:
    """Where training begins; ``newest``: the model of this repository with the highest version."""
    if named != "newest":
        return None if named == "none" else Path(named)
    found = sorted(MODELS.glob("vosk-model-small-lt-*/am/final.mdl"), key=lambda path: path.parts[-3])
    return found[-1] if found else None


def _assemble(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import vosk_folder
    from scripts.train_asr.lm.__main__ import build

    words = vosk_folder.vocabulary(Path(__file__).parent / "words")
    vosk_folder.assemble(chosen.work / "train", _liepa(chosen), chosen.out / chosen.name, words, language=build())
    print(f"assemble: {chosen.out / chosen.name}, {len(words)} words")


def _unheard(chosen: argparse.Namespace) -> None:
    from scripts.train_asr.measure import unheard

    folder = chosen.kokoro or chosen.work / "kokoro"
    minutes = unheard.render(folder, folder / "package" / "voices", chosen.work / "speech" / "unheard")
    print(f"unheard: {minutes:.1f} min")


def _evaluate(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import evaluate

    if chosen.manifest:
        from scripts.train_asr.measure import export
        from scripts.train_asr.measure.recordings import read_recordings

        if chosen.speech is None:
            raise SystemExit("--speech FOLDER is missing: the recordings to write")
        print(f"evaluate: {export.write(read_recordings(chosen.speech), chosen.manifest, ROOT)} recordings written")
        return
    unheard = chosen.work / "speech" / "unheard"
    results = {}
    for name, result in evaluate.measure(
        chosen.out / chosen.name,
        floor=chosen.floor,
        speech=chosen.speech if "people" in chosen.sets else None,
        unheard=unheard if "unheard" in chosen.sets and unheard.is_dir() else None,
        liepa=_liepa(chosen) if "found" in chosen.sets else None,
    ):
        results[name] = result
        print(evaluate.row(name, result), file=sys.stderr if chosen.json else sys.stdout, flush=True)
    if chosen.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))


def _manifest(chosen: argparse.Namespace) -> None:
    from scripts.train_asr import vosk_folder

    print(vosk_folder.manifest_entry(chosen.out / chosen.name, licence=LICENCE))


def _motion(chosen: argparse.Namespace) -> None:
    from scripts.train_asr.measure import motion

    for name, found in motion.measured(_liepa(chosen), chosen.work / "speech"):
        print(motion.row(name, found), flush=True)


def _all(chosen: argparse.Namespace) -> None:
    """Every stage in a process of its own, in order; a corpus only when one is named."""
    given = sys.argv[sys.argv.index("all") + 1 :]
    for stage in _MADE:
        if stage == "corpus" and chosen.corpus is None:
            continue
        print(f"== {stage}", flush=True)
        command = [sys.executable, "-m", "scripts.train_asr", stage, *given]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise SystemExit(f"the stage {stage} failed; mend what it says and start again: finished work is kept")


def _liepa(chosen: argparse.Namespace) -> Path:
    return Path(chosen.liepa or chosen.work / "liepa")


if __name__ == "__main__":
    sys.exit(main())
