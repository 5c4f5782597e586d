"""The testers' simulator as a person meets it: in a browser, over a gateway of real processes."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from smsgw.keywords.gsm7 import measure
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.simulator import reset
from smsgw.simulator.meter import table
from smsgw.simulator.talk import open_line
from tests.conftest import KEY
from tests.e2e.test_conversation import with_people
from tests.support.axe import Findings
from tests.support.browser import NARROW, WIDE, Look
from tests.support.processes import Running, running

SITI = DEMO_PEOPLE[0]
BALANCE = "saldo Rp23.451.200"
ASK = f"JHT {SITI.number}"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, valkey_server: str) -> Iterator[Running]:
    """One gateway for all of these tests: each opens a window of its own."""
    home = tmp_path_factory.mktemp("simulator")
    url = with_people(f"sqlite:///{shutil.copy(sqlite_template, home / 'smsgw.sqlite')}")
    with running(home, url, valkey_server, KEY.hex(), replies_per_hour=1000, replies_per_day=1000) as opened:
        yield opened


@pytest.fixture
def simulator(gateway: Running) -> str:
    """The address of the simulator, which has forgotten the test before: the same text twice has one answer."""
    carrier = open_line(gateway.settings).carrier
    carrier.reset()
    reset.everything(gateway.store)
    carrier.reset()
    return f"{gateway.settings.public_url}/simulator"


def phone(page: Page, name: str) -> Locator:
    """A phone on the table, by the name at its head."""
    return page.get_by_role("region", name=name)


def last(of: Locator) -> Locator:
    """The newest reply on a phone."""
    return of.locator("li.theirs").last


def ask(of: Locator, text: str) -> Locator:
    """Click a ready-made text; the reply to it, once it is delivered."""
    before = of.locator("li.theirs").count()
    of.get_by_role("button", name=text).click()
    expect(of.locator("li.theirs")).to_have_count(before + 1)
    expect(last(of)).to_have_class(re.compile("delivered"))
    return last(of)


def test_a_member_reads_the_balance_with_its_ticks_and_nobody_else_does(look: Look, simulator: str) -> None:
    page = look(simulator)
    mine = ask(phone(page, "Siti Rahayu"), ASK)
    expect(mine).to_contain_text(BALANCE)
    expect(mine).to_contain_text("sampai")
    ask(phone(page, "Warga"), ASK)
    expect(page.locator("body")).not_to_contain_text(re.compile("menunggu|sedang dikirim"))
    expect(phone(page, "Warga")).not_to_contain_text("23.451.200")


def test_a_text_is_written_and_sent_by_keyboard_alone(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_label("Pesan ke").first.focus()
    page.keyboard.type("status", delay=5)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type(SITI.number)
    page.keyboard.press("Enter")
    expect(last(phone(page, "Siti Rahayu"))).to_contain_text("AKTIF")
    expect(page.get_by_label("Pesan ke").first).to_be_focused()
    expect(page.get_by_label("Pesan ke").first).to_have_value("")


def test_all_of_it_works_without_a_script(look: Look, simulator: str) -> None:
    page = look(simulator, scripts=False)
    page.get_by_role("button", name="bukan peserta").click()
    page.get_by_role("button", name="tanpa JHT").click()
    made = phone(page, "Made Sudarma")
    made.get_by_label("Pesan ke").fill("BANTUAN")
    made.get_by_role("button", name="Kirim").click()
    expect(last(made)).to_have_class(re.compile("delivered"))
    expect(made.locator(".meter")).to_be_hidden()


def test_what_cannot_be_sent_is_said_on_its_phone(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_label("Pesan ke").first.fill("   ")
    phone(page, "Siti Rahayu").get_by_role("button", name="Kirim").click()
    expect(phone(page, "Siti Rahayu").get_by_role("alert")).to_have_text("Tulis dulu pesannya.")
    expect(phone(page, "Warga").locator(".problem")).to_be_hidden()


def test_an_opted_out_phone_sees_why_there_is_no_reply(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_role("button", name="berhenti berlangganan").click()
    silent = phone(page, "Penolak")
    silent.get_by_role("button", name="BANTUAN").click()
    expect(silent.locator("li.silent").last).to_contain_text("sengaja tidak dijawab (opted_out)")


def test_a_locked_phone_is_told_so(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_role("button", name="terkunci setelah tiga tebakan").click()
    expect(ask(phone(page, "Penebak"), "DAFTAR")).to_contain_text("Terlalu banyak percobaan gagal")


def test_a_reply_is_explained(look: Look, simulator: str, serious_findings: Findings) -> None:
    page = look(simulator)
    ask(phone(page, "Siti Rahayu"), ASK).get_by_role("link", name="Mengapa?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mengapa balasan ini")
    for words in (ASK, "OWN_JHT", "jht_phrase", "smsgw.handlers.jht", "jht.balance", BALANCE, "terkirim → sampai"):
        expect(page.get_by_role("main")).to_contain_text(words)
    expect(page.locator(".wordings .taken")).to_have_count(1)
    expect(page.get_by_role("link", name="Lihat pesan ini di konsol")).to_have_attribute(
        "href", re.compile(r"/console/messages/\d+$")
    )
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        assert serious_findings(page) == []


def test_hostile_text_does_nothing_and_what_is_hidden_shows(look: Look, simulator: str) -> None:
    page = look(simulator)
    siti = phone(page, "Siti Rahayu")
    siti.get_by_label("Pesan ke").fill("<img src=x onerror=alert(1)>\u202e<b>\u200b{{7*7}}")
    siti.get_by_role("button", name="Kirim").click()
    mine = siti.locator("li.mine").last
    expect(mine).to_contain_text("<img src=x onerror=alert(1)>U+202E<b>U+200B{{7*7}}")
    expect(mine.locator("img, b")).to_have_count(0)


def test_the_pages_speak_english(look: Look, simulator: str) -> None:
    page = look(simulator, locale="en-GB")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready-made people")
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orang siap pakai")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_serious_keeps_anybody_from_the_table(
    look: Look, simulator: str, serious_findings: Findings, colours: str
) -> None:
    page = look(simulator, colours="dark" if colours == "dark" else "light", size=NARROW)
    siti = phone(page, "Siti Rahayu")
    ask(siti, ASK)
    siti.get_by_label("Pesan ke").fill("Su\u0111ah")
    assert serious_findings(page) == []
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider == 0, "the page scrolls sideways on a narrow screen"


METERED = [
    *("", "a", "a" * 160, "a" * 161, "a" * 153 * 2, "a" * 307, "\u20ac" * 80, "\u20ac" * 81, "\u20ac" * 77),
    *(
        "a" * 152 + "\u20ac" * 5,
        "[x]\\{}~|^\n\r\f",
        "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\u00d8\u00f8",
        "\u00e7",
        "\u011f",
        "\u2019",
        "\t",
        "\u00a0",
    ),
    *("\u0111" * 70, "\u0111" * 71, "\u0111" * 67 * 2 + "x", "\U0001f44d", "\U0001f44d" * 35, "\U0001f44d" * 36),
    *(
        "e\u0301" * 40,
        "x" * 66 + "e\u0301" * 4,
        "\u0301" * 71,
        "\u0e01\u0e34\u0e48" * 30,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 9,
    ),
    *("x" * 66 + "\U0001f44d" + "y" * 10, "\u202eabc", "halo \u0627\u0644\u0633\u0644\u0627\u0645"),
]
COUNT = """async ([table, texts]) => {
  const { measure } = await import("/simulator/static/gsm7.js");
  return texts.map((text) => measure(table, text));
}"""


def test_the_meter_counts_as_the_gateway_does(look: Look, simulator: str) -> None:
    counted = look(simulator).evaluate(COUNT, [table(), METERED])
    for text, found in zip(METERED, counted, strict=True):
        size = measure(text)
        expected = (size.encoding, size.septets, size.units, size.segments)
        assert (found["encoding"], found["septets"], found["units"], found["segments"]) == expected, ascii(text)
        first = next((at for at, char in enumerate(text) if measure(char).encoding == "UCS-2"), None)
        assert (found["breaks"] or {"at": None})["at"] == first, ascii(text)


def test_the_meter_tells_while_somebody_types(look: Look, simulator: str) -> None:
    page = look(simulator)
    meter, text = phone(page, "Siti Rahayu").locator(".meter"), page.get_by_label("Pesan ke").first
    expect(meter).to_contain_text("0 / 160 septet · 1 segmen")
    text.fill("JHT 18050012345 {")
    expect(meter).to_contain_text("18 / 160 septet · 1 segmen")
    text.fill("a" * 161)
    expect(meter).to_contain_text("161 / 160 septet · 2 segmen")
    text.fill("saya su\u0111ah tahu")
    expect(meter).to_contain_text("15 / 70 unit UCS-2 · 1 segmen")
    expect(meter.locator("mark")).to_have_text("\u0111")
    expect(meter).to_contain_text("Huruf ke-8 di luar GSM-7")
    text.fill("saya sudah tahu")
    expect(meter.locator("mark")).to_have_count(0)


def test_a_fault_shows_on_its_phone_and_the_reply_fails_once(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_role("button", name="tanpa JHT").click()
    page.get_by_role("link", name="Gangguan").click()
    page.get_by_label("gangguan", exact=True).select_option("undelivered")
    page.get_by_label("telepon", exact=True).select_option(label="Made Sudarma, +6288198000089")
    page.get_by_label("kode galat").select_option("30005")
    page.get_by_label("paling banyak").fill("1")
    page.get_by_label("benih").fill("42")
    page.get_by_role("button", name="Nyalakan").click()
    expect(page.get_by_role("row", name=re.compile("undelivered 30005.*42"))).to_be_visible()
    page.get_by_role("link", name="Telepon").click()
    made = phone(page, "Made Sudarma")
    expect(made.locator(".wrong")).to_contain_text("undelivered")
    made.get_by_role("button", name="STATUS").click()
    expect(last(made)).to_have_class(re.compile("failed"))
    expect(last(made)).to_contain_text("tidak sampai (30005)")
    page.get_by_role("link", name="Gangguan").first.click()
    expect(page.get_by_role("row", name=re.compile("undelivered"))).to_contain_text("1 dari 1")
    page.get_by_role("button", name="Padamkan semua").click()
    expect(page.get_by_text("Tidak ada gangguan yang menyala.")).to_be_visible()


def test_whatever_the_carrier_does_the_phone_shows_one_reply(look: Look, simulator: str) -> None:
    page = look(f"{simulator}/faults")
    for kind in ("callback-unordered", "timeout", "webhook-twice"):
        page.get_by_label("gangguan", exact=True).select_option(kind)
        page.get_by_label("lama (detik)").fill("11" if kind == "timeout" else "")
        page.get_by_role("button", name="Nyalakan").click()
    page.get_by_role("link", name="Telepon").click()
    page.get_by_role("button", name="menunggak iuran").click()
    rina = phone(page, "Rina Marlina")
    rina.get_by_role("button", name="STATUS").click()
    expect(last(rina)).to_have_class(re.compile("delivered"), timeout=40_000)
    expect(rina.locator("li.theirs")).to_have_count(1)
    page.get_by_text("Waktu dan keadaan awal").click()
    page.get_by_role("button", name="Ya, hapus semua").click()
    expect(rina).to_contain_text("Belum ada pesan")


def test_a_request_is_inspected_and_sent_again_edited(look: Look, simulator: str, serious_findings: Findings) -> None:
    page = look(simulator)
    ask(phone(page, "Siti Rahayu"), ASK)
    page.get_by_role("link", name="Lalu lintas", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("status.*delivered")).first).to_be_visible()
    assert serious_findings(page) == []
    page.locator("tr.webhook").first.get_by_role("link").click()
    expect(page.locator("#curl")).to_contain_text(f"Body={ASK}")
    page.get_by_role("button", name="Kirim ulang apa adanya").click()
    expect(page.get_by_role("region", name="jawaban")).to_contain_text("200")
    page.get_by_text("Ubah dulu").click()
    page.get_by_label("Body", exact=True).fill("BANTUAN")
    page.get_by_label("tanda tangan salah").check()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Kirim ulang dengan perubahan").click()
    expect(page.get_by_role("region", name="jawaban")).to_contain_text("403")
    expect(page.get_by_role("region", name="permintaan")).to_contain_text("BANTUAN")
    page.get_by_role("link", name="Kembali ke lalu lintas").click()
    expect(page.locator("tr.webhook").first).to_contain_text("ulangan")


def test_a_script_runs_at_a_click_and_shows_what_differs(
    look: Look, simulator: str, serious_findings: Findings
) -> None:
    page = look(f"{simulator}/scripts")
    page.get_by_role("button", name="Jalankan saldo").click()
    expect(page.get_by_role("status")).to_contain_text("semua sesuai", timeout=60_000)
    page.get_by_role("link", name="Kembali ke naskah").click()
    page.get_by_label("Naskah (YAML)").fill(
        f'phone: "{SITI.phone}"\nfresh: true\nturns:\n  - send: {ASK}\n    expect: saldo Rp1,00\n'
    )
    page.get_by_role("button", name="Jalankan", exact=True).last.click()
    expect(page.get_by_role("status")).to_contain_text("ada perbedaan")
    expect(page.locator(".diff .expected")).to_contain_text("saldo Rp1,00")
    expect(page.locator(".diff .came")).to_contain_text(BALANCE)
    assert serious_findings(page) == []


def test_what_was_said_is_recorded_as_a_script_that_runs(look: Look, simulator: str) -> None:
    page = look(simulator)
    page.get_by_role("button", name="Simpan telepon +6281298000901").click()
    ask(phone(page, "Siti Rahayu"), ASK)
    page.get_by_role("link", name="Naskah").click()
    said = {}
    for kind in ("Teks", "JSON", "Naskah"):
        with page.expect_download() as download:
            page.get_by_role("region", name="Rekam").get_by_role("link", name=kind).click()
        said[kind] = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"> {ASK}\n< JHT 180*****345" in said["Teks"]
    assert BALANCE in json.loads(said["JSON"])[-1]["heard"]["text"]
    assert f"send: {ASK}" in said["Naskah"]
    page.get_by_label("Naskah (YAML)").fill(f'phone: "{SITI.phone}"\nfresh: true\nturns:\n' + last_turn(said["Naskah"]))
    page.get_by_role("button", name="Jalankan", exact=True).last.click()
    expect(page.get_by_role("status")).to_contain_text("semua sesuai")


def last_turn(script: str) -> str:
    """The last turn of a script, as it stands there."""
    return "- " + script.rpartition("\n- ")[2]


def test_time_passes_and_everything_begins_anew(look: Look, simulator: str) -> None:
    page = look(simulator)
    ask(phone(page, "Siti Rahayu"), ASK)
    page.get_by_text("Waktu dan keadaan awal").click()
    page.get_by_role("button", name="+60 hari").click()
    expect(page.get_by_text("Jam gateway: ")).to_be_visible()
    page.get_by_text("Waktu dan keadaan awal").click()
    page.get_by_role("button", name="Ya, hapus semua").click()
    expect(page.get_by_text("Jam gateway: ")).to_have_count(0)
    expect(phone(page, "Siti Rahayu")).to_contain_text("Belum ada pesan")


@pytest.mark.parametrize("path", ["", "/faults", "/traffic", "/scripts", "/traffic/999999"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_no_page_complains_or_scrolls_sideways(
    look: Look, simulator: str, serious_findings: Findings, path: str, size: tuple[int, int]
) -> None:
    look.allowed.append("404")
    page = look(simulator + path, size=size)
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
