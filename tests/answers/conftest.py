"""A small book of our own, and the packs of the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ivr.answers.book import AnswerBook, book_of
from ivr.paths import project_file
from ivr.store.shelf import Shelf, read_shelf

TODAY = date(2027, 1, 4)


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return read_shelf(project_file("dialplans"))


@pytest.fixture(scope="session")
def packs(shelf: Shelf) -> AnswerBook:
    """All packs of the line; built once."""
    return book_of(shelf, lambda: TODAY)


SMALL = """
pack: ministerija
topic: pensions
entries:
  - id: stazas
    sources: [[17, 9]]
    date: 2018-05-02
    about: pensijai reikalingą stažą
    institution: sodra
    examples: [kiek reikia stažo pensijai, koks stažas pensijai, stažas pensijai gauti, ar užteks stažo pensijai,
      pensijos stažas, man trūksta stažo pensijai, kiek metų stažo pensijai, minimalus stažas pensijai]
    short: Sodros pensijai reikia stažo. Kiek, priklauso nuo amžiaus.
    long: [Stažas skaičiuojamas nuo pirmos darbo dienos., Jį galima pasitikrinti.]
    documents: Reikia prašymo ir paso.
    submit: Prašymas pateikiamas Sodrai.
    table:
      ask: Kiek jums metų?
      say: Sulaukus {amzius}, reikia {stazas}.
      rows:
        23: {amzius: dvidešimt trejų metų, stazas: šešių mėnesių}
        24: {amzius: dvidešimt ketverių metų, stazas: aštuonių mėnesių}
  - id: dydis
    sources: [[17, 1]]
    date: null
    about: pensijos dydį
    institution: uzimtumo_tarnyba
    examples: [kokia bus pensija, pensijos dydis, kiek gausiu pensijos, kokio dydžio pensija, kaip skaičiuojama pensija,
      pensijos suma, vidutinė pensija, kiek moka pensijos]
    short: Dydis priklauso nuo algos.
    long: [Dydį galima pasiskaičiuoti.]
    documents: null
    submit: null
  - id: nasliu
    sources: [[17, 2]]
    date: 2019-01-14
    about: našlių pensiją
    institution: neigalumo_tarnyba
    examples: [našlių pensija, mirė vyras ar gausiu pensiją, kam skiriama našlių pensija, našlės pensija,
      našlio pensijos sąlygos, pensija mirus žmonai, kas gauna našlių pensiją, ar priklauso našlių pensija]
    short: Neįgalumo ir darbingumo tarnyba skiria našlių pensiją.
    long: [Ją gauna našliai.]
    documents: null
    submit: null
"""
STAFF = """
pack: personalas
topic: personnel
entries:
  - id: "43"
    basis: Aprašas, 43 punktas
    date: null
    about: informaciją atleidimui
    institution: uzimtumo_tarnyba
    deadline: {count: 5, unit: working_days, direction: before}
    facts: ["5 diena"]
    examples: [iki kada pranešti apie atleidimą, terminas atleidimo dokumentams, kada pateikti atleidimo informaciją,
      per kiek dienų pranešti apie atleidimą, atleidimo dokumentų terminas, informacija atleidimui iki kada,
      kiek dienų prieš atleidimą pranešti, kada vėliausiai pranešti apie atleidimą]
    short: Įstaiga praneša prieš penkias darbo dienas.
    long: [Terminą galima sutarti kitokį.]
    documents: null
    submit: null
"""
KINDS = """
human: [noriu žmogaus, sujunkite su darbuotoju, duokite žmogų, su operatoriumi]
message: [perskambinkite man, palikti žinutę, noriu skųstis, skundas]
personal: [mano skola, ar man jau pervesta, mano slaptažodis, kiek aš skolingas]
oos: [koks oras, labas vakaras, kiek kainuoja pica, dainuok dainą]
"""


@pytest.fixture(scope="session")
def small_shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like dialplans/ with four entries."""
    folder = tmp_path_factory.mktemp("dialplans")
    for pack, text in (("ministerija", SMALL), ("personalas", STAFF)):
        (folder / "knowledge" / pack).mkdir(parents=True)
        (folder / "knowledge" / pack / "file.yaml").write_text(text, encoding="utf-8")
    (folder / "knowledge" / "kinds.yaml").write_text(KINDS, encoding="utf-8")
    (folder / "knowledge" / "concepts.yaml").write_text("darbas: [darb]\n", encoding="utf-8")
    for name in ("topics.yaml", "institutions.yaml"):
        text = project_file("dialplans", name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def book(small_shelf: Path) -> AnswerBook:
    return book_of(read_shelf(small_shelf), lambda: TODAY)
