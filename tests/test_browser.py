"""The browser's own tests: whatever a page can complain about is heard, and no fault of HTML passes."""

import pytest
from flask import Flask

from smsgw.simulator.serving import serving
from tests.support import axe, pages
from tests.support.axe import Findings
from tests.support.browser import Look

WHOLE = '<!doctype html><html lang="id"><head><title>Satu</title></head><body><h1>Satu</h1>{}</body></html>'
POST = '<form method="post" action="/x">{}<button>Kirim</button></form>'
TOKEN = '<input type="hidden" name="form_token" value="t">'


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>Dua</p>", None),
        (POST.format(TOKEN), None),
        ('<label for="a">A</label><input id="a"><label>B <textarea></textarea></label>', None),
        ('<input aria-label="A"><input type="hidden" name="b" value="">', None),
        ("<div><span></div>", "end-tag-too-early"),
        ("<p><div></div></p>", "unexpected-end-tag"),
        ('<a href="x" href="y">Dua</a>', "duplicate-attribute"),
        ("<h1>Dua</h1>", "2 headings h1"),
        ('<p id="a"></p><p id="a"></p>', "id a stands 2 times"),
        ('<p aria-describedby="a b"></p><p id="a"></p>', "aria-describedby names no id: b"),
        (POST.format(""), "a POST form without form_token: /x"),
        ("<form>" + TOKEN + "</form>", "a form without action"),
        ('<select name="a"></select>', "a field without label: a"),
        ("<script>1</script>", "an inline script"),
        ('<p style="color:red"></p>', "style on p"),
        ('<p onclick="x()"></p>', "onclick on p"),
    ],
)
def test_a_fault_of_a_page_is_found(body: str, fault: str | None) -> None:
    found = pages.faults(WHOLE.format(body))
    assert [fault in line for line in found] == [True] if fault else found == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<!doctype html><html lang="id"><head></head><body><h1>A</h1></body></html>', "no title"),
        ("<!doctype html><html><head><title>A</title></head><body><h1>A</h1></body></html>", "no language"),
        ('<html lang="id"><head><title>A</title></head><body><h1>A</h1></body></html>', "doctype"),
    ],
)
def test_a_page_says_what_it_is(html: str, fault: str) -> None:
    assert [fault in line for line in pages.faults(html)] == [True]


def test_the_reader_refuses_a_page_with_a_fault() -> None:
    reader = pages.reader(site("<i>"))
    assert reader.get("/fragment").text == "<li>"
    with pytest.raises(AssertionError, match="/page"):
        reader.get("/page")


@pytest.mark.parametrize(
    ("body", "policy", "complaint"),
    [
        ("<p>Dua</p>", "default-src 'none'", None),
        ("<i>", "default-src 'none'", "expected-one-end-tag"),
        ('<script src="/fails.js"></script>', "default-src 'self'", "on purpose"),
        ('<script src="/fails.js"></script>', "default-src 'none'", "Content Security Policy"),
        ('<img src="/nowhere.png" alt="">', "default-src 'self'", "404"),
    ],
)
def test_a_complaint_of_a_page_is_heard(look: Look, body: str, policy: str, complaint: str | None) -> None:
    look.allowed.append(complaint or "nothing")
    with serving(site(body, policy)) as url:
        look(f"{url}/page").wait_for_load_state("networkidle")
    assert any(complaint in line for line in look.complaints) if complaint else look.complaints == []


def test_axe_finds_what_nobody_can_read(look: Look, serious_findings: Findings) -> None:
    with serving(site('<p><a href="/page"></a></p>')) as url:
        found = serious_findings(look(f"{url}/page"))
    assert [line.partition(" ")[0] for line in found] == ["link-name"]


def test_the_archive_is_held_to_its_hash(serious_findings: Findings) -> None:
    assert callable(serious_findings)  # it was asked for, so the archive is there
    assert (axe.source() or "").startswith("/*! axe v" + axe.VERSION)


def site(body: str, policy: str = "default-src 'none'") -> Flask:
    """A site of one page with this body, a script that fails, and a fragment of HTML."""
    app = Flask("site")
    head = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
    app.add_url_rule("/page", "page", lambda: (WHOLE.format(body), head))
    app.add_url_rule("/fragment", "fragment", lambda: ("<li>", head))
    failing = "throw new Error('on purpose')"
    app.add_url_rule("/fails.js", "fails", lambda: (failing, {"Content-Type": "text/javascript"}))
    return app
