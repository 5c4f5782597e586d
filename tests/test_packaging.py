"""The wheel: complete, one name at its top, and the same program when nothing of the checkout is near."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("packaging")

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "sample_pack"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
SHELVES = {"smsgw.grammar": "grammar", "smsgw.handlers": "handlers", "smsgw.templates_sms": "templates_sms"}


def test_the_list_of_packages_is_the_folders() -> None:
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "smsgw").rglob("__init__.py")}
    assert sorted(SETUPTOOLS["packages"]) == sorted(folders | set(SHELVES))
    assert {name: folder for name, folder in SETUPTOOLS["package-dir"].items() if name != "smsgw"} == SHELVES


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "wsgi.py"):
        shutil.copy(ROOT / name, source)
    for name in ("smsgw", *SHELVES.values()):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    return build(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel, and the libraries of the one that runs this test."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    packages = Path(subprocess.check_output([home / "bin" / "python", "-c", PURELIB], text=True).strip())
    # Without the .pth files that lie there: they would bring the checkout back.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install(home / "bin", wheel)
    return home / "bin"


PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"


def build(source: Path, out: Path) -> Path:
    """Build the wheel of a folder without a network."""
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", out, source)
    (wheel,) = out.glob("*.whl")
    return wheel


def install(binaries: Path, wheel: Path) -> None:
    pip("--python", binaries / "python", "install", "--no-deps", "--no-index", wheel)


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def run(*argv: str | Path, cwd: Path, given: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SMSGW_HOME")}
    done = subprocess.run(
        argv, check=False, input=given, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_has_one_name_at_its_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"smsgw"}


def test_the_wheel_has_every_file(wheel: Path) -> None:
    ignored = ("__pycache__", ".pyc", ".DS_Store")
    expected = {
        f"{name.replace('.', '/')}/{file.relative_to(ROOT / folder).as_posix()}"
        for name, folder in {"smsgw": "smsgw", **SHELVES}.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and not any(word in str(file) for word in ignored)
    }
    with zipfile.ZipFile(wheel) as archive:
        assert expected - set(archive.namelist()) == set()


def test_the_installed_program_reads_a_message(installed: Path, tmp_path: Path) -> None:
    line = run(installed / "smsgw", "parse", "--jsonl", cwd=tmp_path, given='{"text": "jht 18050012345"}\n')
    assert json.loads(line)["keyword"] == "JHT"
    assert "Usage: python -m smsgw" in run(installed / "python", "-m", "smsgw", "--help", cwd=tmp_path)


def test_the_tests_of_the_language_pass_against_the_wheel(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__", "bench"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in SHELVES.values():  # some tests read a shelf as text; what runs is the wheel's, as asserted below
        shutil.copytree(ROOT / folder, tmp_path / folder)
    tests = sorted((tmp_path / "tests").glob("test_language_*.py"))
    assert tests
    where = "import smsgw.handlers; print(smsgw.handlers.__file__)"
    assert str(installed.parent) in run(installed / "python", "-c", where, cwd=tmp_path)
    run(installed / "python", "-m", "pytest", "-q", "-x", *tests, cwd=tmp_path)


def test_somebody_elses_package_adds_its_keyword(installed: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(SAMPLE, tmp_path / "source"))
    texts = '{"text": "jam buka dong"}\n{"text": "bantuan jam"}\n{"text": "jht 18050012345"}\n'
    assert keywords_of(run(installed / "smsgw", "parse", "--jsonl", cwd=tmp_path, given=texts))[0] != "JAM"
    install(installed, build(source, tmp_path))
    try:
        read = run(installed / "smsgw", "parse", "--jsonl", cwd=tmp_path, given=texts)
        assert keywords_of(read) == ["JAM", "BANTUAN", "JHT"]
        assert "jam" in run(installed / "smsgw", "templates", "check", cwd=tmp_path).lower()
    finally:
        pip("--python", installed / "python", "uninstall", "--yes", "smsgw-jam")


def keywords_of(lines: str) -> list[str | None]:
    return [json.loads(line)["keyword"] for line in lines.splitlines()]
