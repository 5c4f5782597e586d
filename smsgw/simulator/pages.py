"""The page /simulator: a tester's phone in the browser, without JavaScript."""

import time
from dataclasses import replace
from typing import Protocol

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from smsgw.config import Settings
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.queries import bubbles
from smsgw.phones import to_e164
from smsgw.simulator.bubble import moving, show
from smsgw.simulator.guard import doorkeeper, refuse_production
from smsgw.simulator.talk import Line, open_line
from smsgw.simulator.visit import Visit, keep_visit, read_visit
from smsgw.simulator.webhook import GatewaySilent, inbound_fields, post_inbound
from smsgw.store import Store

PREFIX = "/simulator"
TEXT_LIMIT = 1600
WAIT_S = 5.0
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_STALE = "Halaman ini sudah kedaluwarsa. Silakan kirim sekali lagi."


class Wiring(Protocol):
    """What the page needs of the gateway's services."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def store(self) -> Store:
        """The database with the message log."""


def blueprint(services: Wiring) -> Blueprint:
    """The pages under /simulator. StartupError in production and without an account and number of our own."""
    refuse_production(services.settings)
    page = Page(services.store, open_line(services.settings))
    made = Blueprint("simulator", __name__, url_prefix=PREFIX, template_folder="templates", static_folder="static")
    made.before_request(doorkeeper(services.settings))
    made.after_request(_harden)
    made.add_url_rule("", "phone", page.look, methods=["GET"])
    made.add_url_rule("/choose", "choose", page.choose, methods=["POST"])
    made.add_url_rule("/send", "send", page.send, methods=["POST"])
    return made


class Page:
    """One phone: whose it is, what it sends, what it received."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store = store
        self._line = line

    def look(self) -> AnyResponse:
        """The phone in hand with its conversation."""
        return self._render(read_visit(request, self._store.cipher))

    def choose(self) -> AnyResponse:
        """Take another phone: a demo person's, or any number that is typed."""
        visit = read_visit(request, self._store.cipher)
        if not visit.owns(request):
            return self._render(visit, _STALE, status=400)
        phone = to_e164(request.form.get("phone", "")[:32])
        if phone is None:
            return self._render(visit, "Itu bukan nomor telepon. Contoh: 081210000001.", status=422)
        return self._back(replace(visit, phone=phone))

    def send(self) -> AnyResponse:
        """Send a text from the phone in hand, through the gateway's webhook over HTTP."""
        visit = read_visit(request, self._store.cipher)
        text = (request.form.get("quick") or request.form.get("text", "")).replace("\r\n", "\n")
        if not visit.owns(request):
            return self._render(visit, _STALE, text, 400)
        problem = _unsendable(visit.phone, text)
        if problem:
            return self._render(visit, problem, text, 422)
        problem = _post(self._line, visit.phone, text)
        return self._render(visit, problem, text, 502) if problem else self._back(visit)

    def _render(self, visit: Visit, problem: str = "", text: str = "", status: int = 200) -> AnyResponse:
        rows = bubbles(self._store, visit.phone) if visit.phone else []
        person = next((person for person in DEMO_PEOPLE if person.phone == visit.phone), None)
        html = render_template(
            "simulator/phone.html",
            visit=visit,
            people=DEMO_PEOPLE,
            person=person,
            messages=[show(row) for row in rows],
            again=not problem and moving(rows, time.time() * 1000),
            problem=problem,
            text=text,
            number=self._line.number,
            limit=TEXT_LIMIT,
        )
        return keep_visit(make_response(html, status), visit, self._store.cipher, PREFIX)

    def _back(self, visit: Visit) -> AnyResponse:
        return keep_visit(redirect(url_for("simulator.phone"), 303), visit, self._store.cipher, PREFIX)


def _unsendable(phone: str, text: str) -> str:
    if not phone:
        return "Pilih dulu sebuah telepon."
    if not text.strip():
        return "Tulis dulu pesannya."
    return f"Pesan paling panjang {TEXT_LIMIT} karakter." if len(text) > TEXT_LIMIT else ""


def _post(line: Line, phone: str, text: str) -> str:
    fields = inbound_fields(line.account_sid, phone, line.number, text)
    try:
        status = post_inbound(line.public_url, fields, line.auth_token, WAIT_S).status
    except GatewaySilent:
        return "Gateway tidak menjawab pada alamat SMSGW_PUBLIC_URL."
    return "" if status == 200 else f"Gateway menolak pesan ini (HTTP {status})."


def _harden(response: AnyResponse) -> AnyResponse:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
