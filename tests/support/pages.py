"""What every page keeps to: faultless HTML, a title, unique ids, labelled fields, forms with an action and a token.

A test that opens pages in the browser (`look`) or with `reader(app)` passes each of them through here.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from flask import Flask
from flask.testing import FlaskClient
from tinyhtml5.parser import HTMLParser
from werkzeug.test import TestResponse

_NAMED = ("aria-label", "aria-labelledby", "title")
_POINTING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
_SILENT = ("hidden", "submit", "reset", "button", "image")


def faults(html: str, token: str | None = "form_token") -> list[str]:
    """What is wrong with a whole page, one sentence each. `token`: the field that a POST form must hold."""
    parser = HTMLParser(namespace_html_elements=False)
    page = parser.parse(html)
    found = [f"line {at[0]}: {code} {values or ''}".strip() for at, code, values in parser.errors]
    return [*found, *_head(page), *_ids(page), *_forms(page, token), *_labels(page), *_inline(page)]


class Reader(FlaskClient):
    """A test client that reads every page it is given as `faults` does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """The answer; an assertion where it is a page with a fault."""
        answer = super().open(*args, **kwargs)
        if answer.mimetype == "text/html" and _is_page(answer.text):
            assert faults(answer.text) == [], answer.request.path
        return answer


def reader(app: Flask) -> FlaskClient:
    """A test client of the application that refuses pages with a fault."""
    app.test_client_class = Reader
    return app.test_client()


def _is_page(html: str) -> bool:
    # Redirects of the framework are no pages of ours, and a fragment is part of one that is read whole.
    return html.lstrip().lower().startswith("<!doctype") and "<title>Redirecting...</title>" not in html


def _head(page: Element) -> Iterator[str]:
    if not (page.findtext("head/title") or "").strip():
        yield "no title"
    if not page.get("lang"):
        yield "no language"
    if (headings := len(list(page.iter("h1")))) != 1:
        yield f"{headings} headings h1 instead of one"


def _ids(page: Element) -> Iterator[str]:
    counted = Counter(name for element in page.iter() if (name := element.get("id")))
    yield from (f"id {name} stands {times} times" for name, times in counted.items() if times > 1)
    for element in page.iter():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            yield from (
                f"{attribute} names no id: {name}" for name in _names(element, attribute) if name not in counted
            )


def _names(element: Element, attribute: str) -> list[str]:
    return (element.get(attribute) or "").split()


def _forms(page: Element, token: str | None) -> Iterator[str]:
    for form in page.iter("form"):
        action = form.get("action")
        if not action:
            yield "a form without action"
        if (form.get("method") or "get").lower() != "post" or token is None:
            continue
        if not any(field.get("name") == token and field.get("value") for field in form.iter("input")):
            yield f"a POST form without {token}: {action}"


def _labels(page: Element) -> Iterator[str]:
    labelled = {label.get("for") for label in page.iter("label")}
    inside = {id(field) for label in page.iter("label") for field in label.iter()}
    for field in page.iter():
        if field.tag not in ("input", "select", "textarea") or field.get("type") in _SILENT:
            continue
        if id(field) not in inside and field.get("id") not in labelled and not any(field.get(key) for key in _NAMED):
            yield f"a field without label: {field.get('name')}"


def _inline(page: Element) -> Iterator[str]:
    for element in page.iter():
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            yield f"an inline {element.tag}"
        yield from (f"{key} on {element.tag}" for key in element.attrib if key == "style" or key.startswith("on"))
