"""What every page and act of the console keeps to, whoever adds it: found by walking the addresses, not by a list."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from tinyhtml5.parser import HTMLParser

from smsgw.console.page import Page, all_pages
from smsgw.console.sheet import cell
from smsgw.operators.rights import ROLES, Role, may
from smsgw.operators.tables import audit, operator_sessions, reveals
from tests.support.console import Browser, Console
from tests.support.payloads import MARK, NUMBER, PAYLOADS, PHONE, fill

ALL = list(all_pages())
GETS = [page for page in ALL if page.method == "GET"]
POSTS = [page for page in ALL if page.method == "POST"]
KEY = re.compile(r"<key:\w+>")
ADDRESSES = ("href", "src", "action", "formaction", "content", "data", "poster")


def named(page: Page) -> str:
    return page.name


def paths(page: Page) -> Iterator[str]:
    """The addresses of a page: of every row that `fill` made, where it shows one."""
    assert "<" not in KEY.sub("", page.rule), f"{page.name}: what is put into its address? <key:...> is the id of a row"
    yield from (KEY.sub(str(n), page.rule) for n in range(1, len(PAYLOADS) + 1)) if "<" in page.rule else [page.rule]


def hidden(text: str) -> set[str]:
    """The characters of a page that nobody sees, or that reorder what is seen."""
    odd = {one for one in set(text) if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    return odd - {"\n", "\r"} | ({one for one in text if one in "\u034f\u2800\u3164"})


def escaped_from(html: str) -> list[str]:
    """Where a payload stands as markup: tags, names of attributes, addresses, the title."""
    page = HTMLParser(namespace_html_elements=False).parse(html)
    found = [str(one.tag) for one in page.iter() if MARK in str(one.tag)]
    for one in page.iter():
        found += [
            f"{one.tag} {name}={value}" for name, value in one.attrib.items() if name in ADDRESSES and MARK in value
        ]
        found += [f"{one.tag} {name}" for name in one.attrib if MARK in name or name.startswith("on")]
    return found + ([str(page.findtext("head/title"))] if MARK in str(page.findtext("head/title")) else [])


def check_page(html: str) -> None:
    assert escaped_from(html) == []
    assert hidden(html) == set()
    assert "49" not in re.findall(r"\b49\b(?= pwn)", html)


def check_sheet(text: str) -> None:
    assert hidden(text) == set()
    for row in csv.reader(io.StringIO(text)):
        assert [value for value in row if value.lstrip()[:1] in ("=", "+", "-", "@", "＝")] == []


@pytest.fixture
def admin(console: Console) -> Browser:
    """A browser that sees everything unmasked, over hostile messages."""
    browser = console.signed_in("admin")
    fill(console.services.store)
    with console.services.store.write() as connection:
        session = connection.scalar(select(operator_sessions.c.id))
        until = console.services.clock.now_ms() + 3_600_000
        about = [
            f"{kind}/{n}"
            for kind in ("inbound", "outbound", "complaint", "request")
            for n in range(1, len(PAYLOADS) + 1)
        ]
        connection.execute(reveals.insert(), [{"session_id": session, "about": one, "until": until} for one in about])
    return browser


def test_there_are_forty_payloads_each_with_its_mark() -> None:
    assert len(set(PAYLOADS)) == 40
    assert [text for text in PAYLOADS if MARK not in text] == []


@pytest.mark.parametrize("page", GETS, ids=named)
def test_hostile_texts_are_harmless_on_every_page_and_export(admin: Browser, page: Page) -> None:
    for path in paths(page):
        answer = admin.get(path)
        assert answer.status_code in (200, 303, 404), path
        check_sheet(answer.text) if answer.mimetype == "text/csv" else check_page(answer.text)


@pytest.mark.parametrize("page", GETS, ids=named)
def test_no_personal_data_is_in_an_address_or_a_title(admin: Browser, page: Page) -> None:
    for path in paths(page):
        html = admin.get(path).text
        seen = re.findall(r'(?:href|src|action)="([^"]*)"', html) + re.findall(r"<title>(.*?)</title>", html)
        assert [one for one in seen for secret in (PHONE[1:], NUMBER) if secret in one] == []


LACKING = [(page, role) for page in ALL for role in ROLES if page.right and not may(role, page.right)]


@pytest.mark.parametrize(("page", "role"), LACKING, ids=lambda one: one.name if isinstance(one, Page) else one)
def test_a_right_that_is_lacking_is_a_403_and_a_row_in_the_audit_log(console: Console, page: Page, role: Role) -> None:
    browser, path = console.signed_in(role), KEY.sub("1", page.rule)
    answer = browser.get(path) if page.method == "GET" else browser.post(path, {"reason": "ingin tahu"})
    assert answer.status_code == 403
    with console.services.store.read() as connection:
        last = connection.execute(select(audit.c.act, audit.c.about).order_by(audit.c.id.desc()).limit(1)).one()
    assert tuple(last) == ("refused", f"page/{page.name}")


FORGED = [
    ({}, {"Origin": "http://localhost"}),
    ({"form_token": ""}, {"Origin": "http://localhost"}),
    ({"form_token": "0" * 32}, {"Origin": "http://localhost"}),
    ({"form_token": "ä"}, {"Origin": "http://localhost"}),
    ({"form_token": "mine"}, {}),
    ({"form_token": "mine"}, {"Origin": "null"}),
    ({"form_token": "mine"}, {"Origin": "https://evil.example"}),
    ({"form_token": "mine"}, {"Origin": "http://localhost.evil.example"}),
]


@pytest.mark.parametrize("page", POSTS, ids=named)
def test_an_act_that_no_form_of_ours_sent_is_refused(console: Console, page: Page) -> None:
    browser = console.signed_in("admin")
    mine = browser.token()
    for form, headers in FORGED:
        given = {name: mine if value == "mine" else value for name, value in form.items()}
        answer = browser.client.post(
            f"/console{KEY.sub('1', page.rule)}", data=given | {"reason": "x"}, headers=headers
        )
        assert answer.status_code == 403, (form, headers)
    with console.services.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(audit)) == 1  # the sign-in
    assert browser.get("").status_code == 200


def test_a_token_of_another_session_is_worth_nothing(console: Console) -> None:
    rina, budi = console.signed_in("admin", "rina"), console.signed_in("admin", "budi")
    answer = rina.client.post(
        "/console/me/sessions", data={"form_token": budi.token()}, headers={"Origin": "http://localhost"}
    )
    assert answer.status_code == 403


def test_a_proxys_host_name_may_be_the_public_one(console: Console) -> None:
    browser = console.signed_in("admin")
    assert browser.post("/me/sessions", Origin="https://sms.example.id").status_code == 303


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_cell_of_a_sheet_is_a_formula(text: str) -> None:
    shown = cell(text)
    assert shown.lstrip()[:1] not in ("=", "+", "-", "@", "＝")
    assert hidden(shown) == set()
