"""Outside the language: words that the carrier answers itself, and messages that no person wrote."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

Opting = Literal["opt_out", "opt_in"]


def _opting(opt_out: Sequence[str], opt_in: Sequence[str]) -> Mapping[str, Opting]:
    words: dict[str, Opting] = {}
    words.update(dict.fromkeys(opt_out, "opt_out"))
    words.update(dict.fromkeys(opt_in, "opt_in"))
    return MappingProxyType(words)


CARRIER_WORDS: Final = _opting(
    ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), ("START", "UNSTOP")
)
"""What the carrier acts on when it is the whole message (keywords.md rule 6; its default opt-out words of 2025).

YES is not among them: it answers a question of ours first, and is an opt-in word where there was none.
"""
OWN_WORDS: Final = _opting(("BERHENTI", "UNREG", "OFF"), ("MULAI",))
"""The same in Indonesian: the carrier does not know them."""

_SUBSCRIBER: Final = re.compile(r"(?:tel:)?\+?[0-9 ().-]{7,20}", re.IGNORECASE)
_MASKED: Final = re.compile(r"[0-9A-Z]{3}\*{5}[0-9]{3}")
_AMOUNT: Final = re.compile(r"\bRP[ .]?[0-9]")
_LONG_ENOUGH: Final = 24
"""Characters below which a message is taken for a person's."""

_PHRASES: Final = (
    *("KODE OTP", "KODE VERIFIKASI", "KODE RAHASIA", "JANGAN BERIKAN", "VERIFICATION CODE", "OTP ANDA", "OTP CODE"),
    *("PESAN OTOMATIS", "BALASAN OTOMATIS", "AUTO REPLY", "AUTO-REPLY", "AUTOREPLY", "AUTOMATED REPLY"),
    *("OUT OF OFFICE", "MENGHUBUNGI KAMI", "PESAN ANDA AKAN", "MESSAGE HAS BEEN RECEIVED", "SEDANG MENYETIR"),
    *("TIDAK MENERIMA SMS", "DO NOT REPLY", "JANGAN BALAS", "NO-REPLY"),
    *("SISA KUOTA", "MASA AKTIF", "PULSA ANDA", "SALDO PULSA", "TRANSFER PULSA", "ISI ULANG", "BELI PAKET", "S&K"),
    *("PELANGGAN YTH", "PLG YTH", "NASABAH YTH", "KODE BAYAR", "KODE PEMBAYARAN", "VIRTUAL ACCOUNT", "JATUH TEMPO"),
    *("MENDAPAT HADIAH", "PEMENANG", "KURIR", "NO RESI", "NOMOR RESI", "MENGHUBUNGI ANDA"),
)
_RECEIPTS: Final = ("BERHASIL", "REF", "TRX", "SUKSES", "GAGAL", "COD", "PEMBAYARAN", "TRANSFER")


def is_machine_sender(sender: str) -> bool:
    """Whether nobody can be answered there: a name, or a short code; no sender is no reason."""
    return bool(sender) and not _SUBSCRIBER.fullmatch(sender)


def is_own_text(folded: str, own_texts: Iterable[str]) -> bool:
    """Whether it is a text of ours that comes back."""
    return bool(_MASKED.search(folded)) or (len(folded) >= _LONG_ENOUGH and any(text in folded for text in own_texts))


def is_machine_text(folded: str) -> bool:
    """Whether no person wrote it: a promotion, a one-time password, an answering machine."""
    if len(folded) < _LONG_ENOUGH:
        return False
    if any(phrase in folded for phrase in _PHRASES):
        return True
    marks = sum(word in folded for word in _RECEIPTS)
    return marks > 1 or (marks > 0 and _AMOUNT.search(folded) is not None)
