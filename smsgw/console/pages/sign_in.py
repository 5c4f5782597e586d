"""Sign in: name, password, and a code where the account asks for one; one and the same answer to all that is wrong."""

import time

from flask import request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.operators import door

LIMIT = 64


@page("/sign-in", right=None)
def sign_in(visit: Visit) -> Answer:
    """The form; whoever has signed in already is sent on."""
    if visit.operator:
        return visit.go("home")
    return shown(visit, back=request.args.get("next", ""))


@act("/sign-in", right=None)
def sign_in_try(visit: Visit) -> Answer:
    """Begin a session under a new id, whatever id the browser came with."""
    name, code = word(request.form, "name", LIMIT).lower(), word(request.form, "code", LIMIT)
    tried = door.Tried(name, request.form.get("password", ""), code, visit.address)
    cookie = door.sign_in(visit.services.store, tried, visit.now_ms, time.time())
    if cookie is None:
        return shown(visit, 403, request.form.get("back", ""), "wrong")
    visit.keeps = cookie
    return visit.back("home")


def shown(visit: Visit, status: int = 200, back: str = "", why: str = "") -> Answer:
    """The form, and the way to the identity provider where there is one. `why`: what went wrong, sign_in.<why>."""
    return visit.render("sign_in", status, next=back, why=why, provider=visit.desk.provider is not None)


@act("/sign-out", right=None)
def sign_out(visit: Visit) -> Answer:
    """End the session on the server, so that no copy of its cookie lives on."""
    if visit.session:
        door.sign_out(visit.services.store, visit.session, visit.actor, visit.now_ms)
    visit.keeps = ""
    return visit.go("sign_in")
