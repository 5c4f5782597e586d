"""Retention: what is kept of participants besides their memberships, which are the import's, is deleted in its time."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_

from smsgw.members.tables import bindings, complaints, rebindings
from smsgw.store.leftovers import Leftover

DAY_MS: Final = 86_400_000


def leftovers(now_ms: int, days: int) -> Sequence[Leftover]:
    """Reports that were answered, bindings that were revoked and moves that ended so many days ago.

    `now_ms` by the gateway's clock.
    """
    before = now_ms - days * DAY_MS
    return (
        Leftover(complaints, and_(complaints.c.state == "answered", complaints.c.changed_at < before)),
        Leftover(bindings, and_(bindings.c.state == "revoked", bindings.c.changed_at < before)),
        Leftover(rebindings, and_(rebindings.c.state != "waiting", rebindings.c.until < before)),
    )
