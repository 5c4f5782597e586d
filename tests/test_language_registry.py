"""The registry: what makes a pack complete, and how a pack with a missing piece is refused."""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from smsgw.errors import StartupError
from smsgw.keywords import load_packs, load_registry
from smsgw.keywords.packs import installed
from tests.support.transcript import Phone, hear

SAMPLE = Path(__file__).parent / "sample_pack" / "sample_keywords"
_names = count(1)
Edit = Callable[[Path], object]


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes a copy of the sample pack under a name of its own, changed by `edit`; gives the name."""
    made: list[str] = []

    def make(edit: Edit = lambda folder: None) -> str:
        name = f"sample_{next(_names)}"
        shutil.copytree(SAMPLE, tmp_path / name)
        edit(tmp_path / name)
        made.append(name)
        importlib.invalidate_caches()
        return name

    sys.path.insert(0, str(tmp_path))
    yield make
    sys.path.remove(str(tmp_path))
    for module in [module for module in sys.modules if module.split(".")[0] in made]:
        del sys.modules[module]


def problems(name: str) -> str:
    with pytest.raises(StartupError) as caught:
        load_packs(["smsgw", name])
    return str(caught.value)


def test_ours_is_loaded_as_any_other_is() -> None:
    assert "smsgw" in installed()
    assert set(load_packs(["smsgw"]).keywords) <= set(load_registry().keywords)


def test_another_pack_adds_its_keyword(pack: Callable[..., str]) -> None:
    registry = load_packs(["smsgw", pack()])
    assert hear(registry, Phone(), "jam layanan minggu dong").startswith(
        "Call center 175 buka jam 06.00-22.00 WIB, juga"
    )
    assert "LAYANAN" in hear(registry, Phone(), "BANTUAN")
    assert hear(registry, Phone(), "BANTUAN LAYANAN") == "Jam layanan: ketik LAYANAN"
    assert registry.read("LAYANN").keyword == "LAYANAN"
    assert registry.read("jam berapa JHT 18050012345").membership_number == "18050012345"


def write(file: str, text: str) -> Edit:
    return lambda folder: (folder / file).write_text(text)


def remove(file: str) -> Edit:
    return lambda folder: (folder / file).unlink()


GRAMMAR, HANDLER, ENGLISH = "grammar/layanan.lark", "handlers/layanan.py", "templates_sms/layanan.en.txt"
HANDLED = (Path(__file__).parent / "sample_pack" / "sample_keywords" / HANDLER).read_text(encoding="utf-8")
MORE = 'layanan: layanan_phrase\nlayanan_phrase: "LAYANAN"'


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (remove(GRAMMAR), "has no grammar/layanan.lark"),
        (remove(HANDLER), "has no working handlers/layanan.py"),
        (remove(ENGLISH), "has no templates_sms/layanan.en.txt"),
        (write(ENGLISH, "[hours]\nopen"), "layanan.en.txt has no section [help]"),
        (write(ENGLISH, "[help]\nopen"), "differ between languages in hours"),
        (write(ENGLISH, "[help]\n{a:nothing}"), "names the kind nothing"),
        (write(ENGLISH, "[hours]\nSend {@PHRASES NOBODY OWNS}\n[help]\nopen"), "names a keyword that is not there"),
        (
            write(ENGLISH, f"[hours]\n{'long ' * 33}\n[help]\nopen"),
            "[hours] has 164 septets at its widest, a segment 160",
        ),
        (write(HANDLER, HANDLED.replace('"anyone"', '"anybody"')), "is for 'anybody'; `who` is one of own,"),
        (write(HANDLER, HANDLED.replace('name="LAYANAN"', 'name="LAYAN"')), "is called LAYAN; name it LAYANAN"),
        (write(HANDLER, "import nothing_of_that_name"), "layanan.py: cannot be imported: ModuleNotFoundError"),
        (write(HANDLER, "raise SystemError('broken')"), "cannot be imported: SystemError: broken"),
        (write(HANDLER, "KEYWORD = 'LAYANAN'"), "has no KEYWORD"),
        (write(GRAMMAR, f'{MORE} | "SALDO"'), "the phrase SALDO is owned by jht and layanan"),
        (write(GRAMMAR, f'{MORE} | "SAYA"'), "the phrase SAYA is made of words that anybody may use"),
        (write(GRAMMAR, MORE.replace('"LAYANAN"', "WORD")), "can start with WORD"),
        (write(GRAMMAR, MORE.replace(": layanan_phrase", ": number? layanan_phrase")), "can start with"),
        (write(GRAMMAR, MORE.replace(": layanan_phrase", ": _word* layanan_phrase")), "can start with"),
        (write(GRAMMAR, MORE.replace('"LAYANAN"', '"LAYANAN"?')), "can start with nothing"),
        (write(GRAMMAR, MORE.replace('"LAYANAN"', "LAYANAN_ANY\nLAYANAN_ANY: /[A-Z]+/")), "can start with LAYANAN_ANY"),
        (write(GRAMMAR, MORE.replace('"LAYANAN"', '"layanan"')), "is not of capital letters"),
        (write(GRAMMAR, f"{MORE}\nNUMBER: /x/"), "`NUMBER` is not its own"),
        (write(GRAMMAR, f"{MORE}\n%ignore /x/"), "has a line with %"),
        (write(GRAMMAR, 'layanan: "LAYANAN"'), "has no rule `layanan_phrase`"),
        (write(GRAMMAR, f"{MORE} | nowhere"), "the composed grammar does not work"),
        (write("templates_sms/base.id.txt", "[unknown]\nhalo"), "belongs to the pack of base.lark"),
    ],
)
def test_a_missing_piece_refuses_to_start_and_says_which(pack: Callable[..., str], edit: Edit, problem: str) -> None:
    assert problem in problems(pack(edit))


def test_all_problems_are_told_at_once(pack: Callable[..., str]) -> None:
    told = problems(pack(lambda folder: [remove(HANDLER)(folder), remove(ENGLISH)(folder)]))
    assert "handlers/layanan.py" in told
    assert "layanan.en.txt" in told


def test_two_packs_with_one_keyword_are_refused(pack: Callable[..., str]) -> None:
    with pytest.raises(StartupError, match=r"two packs bring grammar/layanan\.lark"):
        load_packs(["smsgw", pack(), pack()])


@pytest.mark.parametrize("shelf", ["grammar", "handlers", "templates_sms"])
def test_a_missing_shelf_is_named(pack: Callable[..., str], shelf: str) -> None:
    assert f".{shelf}" in problems(pack(lambda folder: shutil.rmtree(folder / shelf)))


def test_a_package_that_is_not_there_is_named() -> None:
    assert "nobody_wrote_this" in problems("nobody_wrote_this")


def test_without_base_nothing_starts() -> None:
    with pytest.raises(StartupError, match=r"brings base\.lark"):
        load_packs([])
