"""The plug-in surface: all that a pack of keywords, and whoever answers messages, may import.

A pack is a package with three shelves (grammar, handlers, templates_sms) and one entry point:

    [project.entry-points."smsgw.keywords"]
    mine = "my_package"

One keyword is grammar/<keyword>.lark, handlers/<keyword>.py with a KEYWORD, and templates_sms/<keyword>.id.txt and
.en.txt. Ours are loaded by the same function.
"""

from smsgw.keywords.choosing import PROGRAMMES, choose
from smsgw.keywords.gsm7 import Measure, measure, transliterate
from smsgw.keywords.kinds import CHOICES
from smsgw.keywords.lists import claim_piece, employment_pages, month_pages, word_pages
from smsgw.keywords.own import full_months, months_later, reported_wage, standing
from smsgw.keywords.registry import Registry, load_packs, load_registry
from smsgw.keywords.shapes import (
    BASE,
    LANGUAGES,
    Alert,
    Ask,
    Bind,
    Claim,
    Command,
    Complaint,
    Contribution,
    Effect,
    Employment,
    FileComplaint,
    Keyword,
    Members,
    Membership,
    Offer,
    Office,
    PinChoice,
    Reading,
    Recall,
    RefuseRebinding,
    Registration,
    Reply,
    Rules,
    SetLanguage,
    SetPin,
    Unbind,
)

__all__ = [
    "BASE",
    "CHOICES",
    "LANGUAGES",
    "PROGRAMMES",
    "Alert",
    "Ask",
    "Bind",
    "Claim",
    "Command",
    "Complaint",
    "Contribution",
    "Effect",
    "Employment",
    "FileComplaint",
    "Keyword",
    "Measure",
    "Members",
    "Membership",
    "Offer",
    "Office",
    "PinChoice",
    "Reading",
    "Recall",
    "RefuseRebinding",
    "Registration",
    "Registry",
    "Reply",
    "Rules",
    "SetLanguage",
    "SetPin",
    "Unbind",
    "choose",
    "claim_piece",
    "employment_pages",
    "full_months",
    "load_packs",
    "load_registry",
    "measure",
    "month_pages",
    "months_later",
    "reported_wage",
    "standing",
    "transliterate",
    "word_pages",
]
