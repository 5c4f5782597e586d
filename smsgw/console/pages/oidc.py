"""OIDC: signing in at the identity provider: the way there, the way back, and the code of an account that has one.

The way back is a GET that begins a session, as the protocol has it: what a form's token does elsewhere, the sealed
state does here.
"""

import time

from flask import abort, redirect, request, url_for

from smsgw import logs
from smsgw.console.page import act, page
from smsgw.console.pages.sign_in import shown
from smsgw.console.sealed import seal, unseal
from smsgw.console.visit import Answer, Visit, is_ours, word
from smsgw.operators import proven, sessions
from smsgw.operators.oidc import NotProven, Once, Person, Provider
from smsgw.operators.proven import Arrival, NotLetIn

STATE, STATE_MS = "oidc state", 10 * 60_000
PROOF, PROOF_MS = "oidc proof", 5 * 60_000
BACK_LIMIT = 300  # characters: a state that is too long is refused by some providers
STATUS = {"away": 502}

log = logs.get()


@page("/sign-in/oidc", right=None)
def oidc(visit: Visit) -> Answer:
    """Send the browser to the provider, with a state that this browser alone can come back with."""
    if visit.operator:
        return visit.go("home")
    provider, wanted = _provider(visit), request.args.get("next", "")
    back = wanted if is_ours(wanted) and len(wanted) <= BACK_LIMIT else ""
    once = Once(sessions.new_id(), sessions.new_id())
    try:
        return redirect(provider.address(seal(visit, STATE, back, once.nonce, once.verifier), once), 303)
    except NotProven as failed:
        return _not_proven(visit, failed, back)


@page("/sign-in/oidc/callback", right=None)
def oidc_callback(visit: Visit) -> Answer:
    """Begin a session of whom the provider names, where there is an account for them."""
    if visit.operator:
        return visit.go("home")
    provider = _provider(visit)
    try:
        back, person = _person(visit, provider)
    except NotProven as failed:
        return _not_proven(visit, failed)
    return _let_in(visit, person, back, seal(visit, PROOF, back, person.issuer, person.subject, person.name))


@act("/sign-in/oidc/code", right=None)
def oidc_code(visit: Visit) -> Answer:
    """Begin the session of somebody whom the provider has named a moment ago, where their code is right too."""
    proof = request.form.get("proof", "")
    held = unseal(visit, PROOF, proof, PROOF_MS)
    if held is None:
        return _not_proven(visit, NotProven("stale"))
    if not proven.may_try(visit.services.store, visit.address, visit.now_ms):
        return _not_proven(visit, NotProven("soon"))
    back, *person = held
    return _let_in(visit, Person(*person), back, proof, word(request.form, "code", 16))


def _provider(visit: Visit) -> Provider:
    visit.here = url_for("console.sign_in")  # what a form leads back to must not be tried once more: it has the code
    return visit.desk.provider or abort(404)


def _person(visit: Visit, provider: Provider) -> tuple[str, Person]:
    """Where they wanted to go, and who they are."""
    held = unseal(visit, STATE, request.args.get("state", ""), STATE_MS)
    if held is None:
        raise NotProven("stale")
    if "error" in request.args or "code" not in request.args:
        raise NotProven("denied" if request.args.get("error") == "access_denied" else "answer", "no_code")
    back, nonce, verifier = held
    if not proven.may_try(visit.services.store, visit.address, visit.now_ms):
        raise NotProven("soon")
    return back, provider.person(request.args["code"], Once(nonce, verifier), request.args.get("iss"))


def _let_in(visit: Visit, person: Person, back: str, proof: str, code: str = "") -> Answer:
    arrival = Arrival(person, code, visit.address)
    try:
        visit.keeps = proven.sign_in(visit.services.store, arrival, visit.now_ms, time.time())
    except NotLetIn as refused:
        if refused.why == "code":
            return visit.render("oidc", 403 if code else 200, proof=proof, wrong=bool(code))
        return shown(visit, 403, why=refused.why)
    return redirect(back, 303) if back else visit.go("home")


def _not_proven(visit: Visit, failed: NotProven, back: str = "") -> Answer:
    log.warning("oidc_failed", why=failed.why, cause=failed.cause, request_id=visit.request_id)
    return shown(visit, STATUS.get(failed.why, 403), back, failed.why)
