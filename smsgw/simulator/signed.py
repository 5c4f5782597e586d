"""One request as Twilio makes it: a form, signed with X-Twilio-Signature over the exact URL."""

from collections.abc import Mapping
from urllib.parse import urldefrag
from uuid import uuid4

from requests import Response, Session
from requests.adapters import HTTPAdapter
from twilio.request_validator import RequestValidator
from urllib3.util.retry import Retry

SIGNATURE = "X-Twilio-Signature"
TIMEOUT_S = 15.0  # Twilio's own limit for a webhook
USER_AGENT = "TwilioProxy/1.1"


def make_session() -> Session:
    """A session that behaves as Twilio by default: one more try when no connection was made, nothing else."""
    session = Session()
    session.trust_env = False  # a proxy of the shell must not see what goes to loopback
    adapter = HTTPAdapter(max_retries=Retry(connect=1, read=0, redirect=0, status=0, other=0, allowed_methods=None))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def signed_headers(url: str, fields: Mapping[str, str], auth_token: str) -> dict[str, str]:
    """The headers of a form for `url`, which has no fragment."""
    return {
        SIGNATURE: RequestValidator(auth_token).compute_signature(url, fields),
        "I-Twilio-Idempotency-Token": str(uuid4()),
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
    }


def signed_post(
    session: Session, url: str, fields: Mapping[str, str], auth_token: str, timeout_s: float = TIMEOUT_S
) -> Response:
    """Post `fields` to `url`. The fragment (Twilio's connection overrides) is neither signed nor sent.

    Errors: those of requests. A redirect is not followed: it could leave the allowed hosts.
    """
    target = urldefrag(url).url
    headers = signed_headers(target, fields, auth_token)
    return session.post(target, data=dict(fields), headers=headers, timeout=timeout_s, allow_redirects=False)
