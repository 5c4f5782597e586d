"""The second factor: time-based codes (RFC 6238), each of which counts once.

They run on the machine's own clock, which the phone that shows them follows, not on the gateway's.
"""

import re
from typing import Final

import pyotp
import segno

STEP_S: Final = 30
_ISSUER: Final = "SMS gateway"
_SECRET: Final = re.compile("[A-Z2-7]{32}", re.ASCII)


def new_secret() -> str:
    """A secret of 160 bits in base 32."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether a text is a secret as new_secret makes them."""
    return _SECRET.fullmatch(text) is not None


def accepted_step(secret: str, code: str, last_step: int, now_s: float) -> int | None:
    """The step that a code is of: this one, the one before or after, and later than the last that was used."""
    now_step = int(now_s) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in (now_step, now_step - 1, now_step + 1):
        if step > last_step and pyotp.utils.strings_equal(totp.generate_otp(step), code.replace(" ", "")):
            return step
    return None


def link(secret: str, name: str) -> str:
    """The otpauth: link that an authenticator takes the secret from."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)


def picture(address: str) -> str:
    """A link as a QR code: an SVG without styles, to stand in a page."""
    code = segno.make(address, error="m")
    return str(code.svg_inline(scale=4, border=2, omitsize=False, svgclass=None, lineclass=None))
