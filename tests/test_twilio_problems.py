"""Twilio tells a problem in an older and in a newer form (RFC 9457): both are read alike, through the real SDK."""

import json
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from smsgw.carriers import Parcel, Verdict
from smsgw.carriers.twilio import Twilio
from tests.support import twilio

PARCEL = Parcel("+6281218050012", twilio.NUMBER, "halo", "token", 60)


def old(status: int, code: int) -> dict[str, object]:
    return {"code": code, "message": "no", "more_info": "https://example.id", "status": status}


def new(status: int, code: int) -> dict[str, object]:
    return {"type": f"https://example.id/{code}", "title": "no", "status": status, "code": code}


@pytest.mark.parametrize("form", [old, new])
@pytest.mark.parametrize(
    ("status", "code", "verdict", "breaker"),
    [
        (429, 20429, Verdict.SAFE, False),
        (401, 20003, Verdict.SAFE, True),
        (403, 20003, Verdict.SAFE, True),
        (400, 21211, Verdict.REFUSED, False),
        (404, 20404, Verdict.REFUSED, False),
        (500, 20500, Verdict.AMBIGUOUS, False),
        (503, 20503, Verdict.AMBIGUOUS, False),
    ],
)
def test_both_forms_of_a_problem(
    httpserver: HTTPServer,
    form: Callable[[int, int], dict[str, object]],
    status: int,
    code: int,
    verdict: Verdict,
    breaker: bool,
) -> None:
    problem = json.dumps(form(status, code))
    httpserver.expect_request(f"/2010-04-01/Accounts/{twilio.ACCOUNT}/Messages.json").respond_with_response(
        Response(problem, status, mimetype="application/json")
    )
    outcome = Twilio(twilio.settings(twilio_api_url=httpserver.url_for("").rstrip("/"))).send(PARCEL)
    assert (outcome.verdict, outcome.error_code, outcome.breaker) == (verdict, str(code), breaker)
