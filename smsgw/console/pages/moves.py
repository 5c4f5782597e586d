"""Moves: a membership's binding moved to another phone: asked for by one operator who has seen the KTP, agreed to by
another, and open to the old phone's refusal for a day (reliability §3.1)."""

from flask import abort, request

from smsgw.clock import day_of
from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.errors import NotPossible
from smsgw.gateway import branch
from smsgw.members import binding
from smsgw.operators import proposals
from smsgw.services import sender_of

ACT = "rebind"
AT_ONCE = 50


@page("/moves", right="branch", nav=65)
def moves(visit: Visit) -> Answer:
    """What is asked for, what is under way, and what ended lately."""
    with visit.services.store.read() as connection:
        asked = proposals.standing(connection, ACT)
        numbers = binding.numbers_of(connection, [_membership(one.about) for one in asked])
        rows = binding.moves(connection, AT_ONCE)
    shown = [(one, numbers.get(_membership(one.about), "")) for one in asked]
    return visit.render("moves", asked=shown, rows=rows, now_ms=visit.now_ms)


@act("/moves", right="branch")
def moves_ask(visit: Visit) -> Answer:
    """Ask for a move, with the KTP seen."""
    me, reason = visit.operator or abort(403), visit.reason()
    if request.form.get("ktp") != "yes":
        raise NotPossible("ktp")
    with visit.services.store.read() as connection:
        key = binding.bound_membership(connection, word(request.form, "number", 20))
    if key is None:
        raise NotPossible("unbound")
    with visit.acting("rebind_asked", f"membership/{key}", reason) as connection:
        proposals.make(connection, me.id, ACT, f"membership/{key}", reason, visit.now_ms)
    return visit.go("moves")


@act("/moves/<key:key>", right="branch")
def moves_decide(visit: Visit, key: int) -> Answer:
    """Agree to a move, which begins it; refuse it; or take one's own proposal back."""
    me, agreed = visit.operator or abort(403), request.form.get("do") == "agree"
    sender = sender_of(visit.services, visit.now_ms)
    with visit.acting("rebind_agreed" if agreed else "rebind_dropped", f"proposal/{key}", visit.reason()) as connection:
        if not agreed:
            proposals.drop(connection, me.id, key, visit.now_ms)
            return visit.go("moves")
        proposal = proposals.agree(connection, me.id, key, visit.now_ms)
        number = binding.numbers_of(connection, [_membership(proposal.about)])[_membership(proposal.about)]
        services, rules = visit.services, visit.services.rulebook.on(day_of(visit.now_ms))
        ours = branch.Sender(sender.carrier, sender.from_phone)
        if branch.begin_move(connection, services.registry, rules, ours, number, visit.now_ms) is None:
            raise NotPossible("unbound")
    visit.services.bell.ring("send")
    return visit.go("moves")


@act("/moves/stop/<key:key>", right="branch")
def moves_stop(visit: Visit, key: int) -> Answer:
    """Stop a move that is under way: the old phone stays bound."""
    with visit.acting("rebind_stopped", f"move/{key}", visit.reason()) as connection:
        if not binding.stop_move(connection, key, visit.now_ms):
            raise NotPossible("state")
    return visit.go("moves")


def _membership(about: str) -> int:
    return int(about.rpartition("/")[2])
