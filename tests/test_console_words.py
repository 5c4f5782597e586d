"""The catalogue of words: complete in both languages, with nothing in it that no page says."""

import re
from pathlib import Path
from string import Formatter

import pytest

from smsgw.console.look import LANGUAGES
from smsgw.console.page import all_pages
from smsgw.console.words import Word, catalogue, say, say_or_same
from smsgw.operators.rights import ROLES

ROOT = Path(__file__).parents[1] / "smsgw"
FILES = [*(ROOT / "console").rglob("*.html"), *(ROOT / "console").rglob("*.py"), ROOT / "cli" / "operator.py"]
TEXT = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
WHOLE = re.compile(r"""["'`]([a-z_]+\.[a-z_]+)["'`]""")
OPEN = re.compile(r"""["']([a-z_]+)\.(?:["']\s*[~+]|\{)|said\(["']([a-z_]+)["']""")
# Words of a stem that is completed by the program: t("light." ~ word).
STEMS = {one or other for one, other in OPEN.findall(TEXT)} | {"act"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", catalogue())
def test_a_word_is_there_in_both_languages_with_the_same_fields(key: str) -> None:
    word = catalogue()[key]
    assert word.id
    assert word.en
    assert fields(word.id) == fields(word.en)


def stem(key: str) -> str:
    return key.partition(".")[0]


def test_every_word_that_is_said_is_there_and_no_other() -> None:
    known = set(catalogue())
    stems = {stem(key) for key in known}
    said = {key for key in WHOLE.findall(TEXT) if stem(key) in stems}
    titles = {f"{file.stem}.title" for file in FILES if file.suffix == ".html"}
    assert said - known == set()
    assert {key for key in known - said - titles if stem(key) not in STEMS} == set()


def test_every_page_has_its_title_and_every_role_its_words() -> None:
    titles = {f"{page.name}.title" for page in all_pages() if page.nav}
    words = {f"{stem}.{role}" for stem in ("role", "rights") for role in ROLES}
    assert titles | words <= set(catalogue())


def test_a_word_that_is_none_is_an_error_and_an_open_list_says_it_as_it_is() -> None:
    with pytest.raises(KeyError):
        say("id", "no.such")
    assert say_or_same("id", "act", "somebody_elses") == "somebody_elses"
    assert [say_or_same(language, "act", "reveal") for language in LANGUAGES] == ["membuka data", "revealed data"]
    assert catalogue()["frame.apply"] == Word("Terapkan", "Apply")
