"""The usual way to build this: Flask, Celery on Redis with one task a message, the twilio SDK; nothing is stored.

gunicorn --workers 2 tests.bench.baseline:app
celery --app tests.bench.baseline:queue worker --concurrency 2
"""

import os
import re
import sqlite3
from functools import cache

from celery import Celery
from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.rest import Client

app = Flask(__name__)
queue = Celery("baseline", broker=os.environ["BENCH_REDIS_URL"])
queue.conf.task_ignore_result = True


@app.post("/webhooks/twilio/inbound")
def inbound() -> Response:
    url = os.environ["BENCH_PUBLIC_URL"] + request.path
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(os.environ["BENCH_TOKEN"]).validate(url, request.form, signature):
        abort(403)
    answer.delay(request.form["From"], request.form["Body"])
    return Response("<Response/>", mimetype="text/xml")


@queue.task  # type: ignore[untyped-decorator]
def answer(phone: str, text: str) -> None:
    _client().messages.create(to=phone, from_=os.environ["BENCH_FROM"], body=reply_to(phone, text))


def reply_to(phone: str, text: str) -> str:
    """`JHT <number>` from the phone on record: the balance; anything else: the text for strangers."""
    asked = re.fullmatch(r"\s*JHT\s+(\w+)\s*", text, re.IGNORECASE)
    found = _members().execute("SELECT phone, balance FROM member WHERE number = ?", (asked[1],)) if asked else None
    row = found.fetchone() if found else None
    if row is None or row[0] != phone:
        return "HP ini belum terdaftar. Info 175"
    return f"Saldo JHT Anda Rp{row[1]:,}. Info 175".replace(",", ".")


@cache
def _client() -> Client:
    client = Client(os.environ["BENCH_ACCOUNT"], os.environ["BENCH_TOKEN"])
    client.api.base_url = os.environ["BENCH_CARRIER"]
    return client


@cache
def _members() -> sqlite3.Connection:
    return sqlite3.connect(f"file:{os.environ['BENCH_MEMBERS']}?mode=ro", uri=True)
