"""The measure of the baseline: Flask alone, answering inside the request, as costs.md measured it.

    gunicorn --workers 2 tests.bench.inline:app

costs.md gives this row 0.74 CPU-seconds per 1000 replies and prices one `messages.create` of the twilio SDK at
1.08 ms: the row cannot have used the SDK, so the reply goes out over http.client with the connection kept alive.
"""

import os
from base64 import b64encode
from functools import cache
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

from tests.bench.baseline import reply_to

ACCOUNT, TOKEN = os.environ["BENCH_ACCOUNT"], os.environ["BENCH_TOKEN"]
HEADERS = {
    "Authorization": "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode(),
    "Content-Type": "application/x-www-form-urlencoded",
}
app = Flask(__name__)


@app.post("/webhooks/twilio/inbound")
def inbound() -> Response:
    url = os.environ["BENCH_PUBLIC_URL"] + request.path
    if not RequestValidator(TOKEN).validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    _send(request.form["From"], reply_to(request.form["From"], request.form["Body"]))
    return Response("<Response/>", mimetype="text/xml")


def _send(phone: str, text: str) -> None:
    body = urlencode({"To": phone, "From": os.environ["BENCH_FROM"], "Body": text})
    _carrier().request("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", body, HEADERS)
    answer = _carrier().getresponse()
    answer.read()
    if answer.status != 201:
        abort(502)


@cache
def _carrier() -> HTTPConnection:
    return HTTPConnection(urlsplit(os.environ["BENCH_CARRIER"]).netloc, timeout=10)
