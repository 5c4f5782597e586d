"""Carriers: how a message comes in from a network and goes out to it.

A carrier reads a web request into an Arrival or a Report, and sends a Parcel to get an Outcome.
An Outcome is one of a closed list (Verdict): the gateway never sees a carrier library's exception.
"""

from smsgw.carriers.base import Carrier, Hook, Listed, Outcome, Parcel, Receipt, Redacting, Report, Verdict

__all__ = ["Carrier", "Hook", "Listed", "Outcome", "Parcel", "Receipt", "Redacting", "Report", "Verdict"]
