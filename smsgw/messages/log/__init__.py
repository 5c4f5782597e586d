"""The log as it is listed: newest first, filtered, page by page, in under half a second over a million messages.

A row is one of two things. An *exchange* is an inbound message with its newest reply or apology, and stands at the time
at which it was received. What we wrote *of our own* accord, an alert, a notice or an announcement, is a row by itself
and stands at the time at which it was queued. Both tables number their rows as time goes by, so rows are listed by
their numbers, a page is cut between two of them, and a time is found among them by halving: no index over times.
"""

from smsgw.messages.log.entry import Entry, Reply
from smsgw.messages.log.exchanges import reasons
from smsgw.messages.log.filters import STATES, Filters
from smsgw.messages.log.pages import Cut, Page, everything, page, stand

__all__ = ["STATES", "Cut", "Entry", "Filters", "Page", "Reply", "everything", "page", "reasons", "stand"]
