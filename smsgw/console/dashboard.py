"""Dashboard: what the first page shows of a span of time, gathered and drawn."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from smsgw.console import chart
from smsgw.console.chart import Chart
from smsgw.console.clusters import Cluster, clusters, words_of
from smsgw.console.kept import Kept
from smsgw.console.spans import Span
from smsgw.messages import states
from smsgw.messages.log.backlog import Waiting, backlog
from smsgw.messages.log.delays import Delays, Leg, delays
from smsgw.messages.log.sums import FAILING, Sums, sums
from smsgw.messages.log.unread import unread
from smsgw.services import Services

PAID: Final = (states.ACCEPTED, states.SENT, states.DELIVERED, states.UNDELIVERED)
UNDER_WAY: Final = (states.QUEUED, states.SENDING, states.ACCEPTED, states.SENT)
WORDS: Final = 12
LATE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a span, as they were at `at_ms`. `price`: rupiah a segment, 0: not known. A message is one
    segment, always."""

    span: Span
    times: Sequence[int]
    sums: Sums
    delays: Delays
    waiting: Sequence[Waiting]
    clusters: Sequence[Cluster]
    looked_at: int
    price: Decimal
    at_ms: int

    @property
    def came(self) -> int:
        """Messages in."""
        return sum(self.sums.came)

    @property
    def sent(self) -> Mapping[str, int]:
        """Messages out by their states now, those that there are."""
        counted = {state: sum(counts) for state, counts in self.sums.by_state.items()}
        return {state: count for state, count in counted.items() if count}

    @property
    def rate(self) -> float | None:
        """Delivered ones among those whose end is known; None: none is."""
        delivered, failed = sum(self.sums.of(states.DELIVERED)), sum(self.sums.of(*FAILING))
        return delivered / (delivered + failed) if delivered + failed else None

    @property
    def spend(self) -> Decimal:
        """Rupiah, for what carriers took."""
        return self.price * sum(self.sums.of(*PAID))

    @property
    def is_late(self) -> bool:
        """Whether anybody waits for an answer longer than they should. What is queued may have to: quiet hours."""
        ages = [one.age_ms or 0 for one in self.waiting if one.state in (states.RECEIVED, states.SENDING)]
        return max(ages, default=0) > LATE_MS

    @property
    def words(self) -> list[tuple[str, int]]:
        """The keywords that were asked for most."""
        return [(word, count) for word, count in self.sums.words.most_common() if word][:WORDS]

    @property
    def charts(self) -> Mapping[str, Chart]:
        """The pictures, by name; what came in and went out on one scale."""
        trouble = [sum(one) for one in zip(self.sums.waiting, self.sums.failed, strict=True)]
        quiet = self.sums.suppressed
        parts = zip(self.sums.came, trouble, quiet, strict=True)
        came = {"act": [max(0, one - bad - off) for one, bad, off in parts], "idle": quiet, "bad": trouble}
        went = {
            "good": self.sums.of(states.DELIVERED),
            "idle": self.sums.of(*UNDER_WAY),
            "bad": self.sums.of(*FAILING),
        }
        top = chart.nice(max(map(sum, zip(*came.values(), strict=True)), default=0))
        top = max(top, chart.nice(max(map(sum, zip(*went.values(), strict=True)), default=0)))
        return {
            "came": chart.stacked(came, top),
            "went": chart.stacked(went, top),
            "to_carrier": _drawn(self.delays.to_carrier),
            "to_handset": _drawn(self.delays.to_handset),
        }


def _drawn(leg: Leg) -> Chart:
    median = [None if one is None else one.p50 for one in leg.by_slot]
    slowest = [None if one is None else one.p95 for one in leg.by_slot]
    return chart.lines({"idle": slowest, "act": median})


def shown(services: Services, kept: Kept, span: Span, times: Sequence[int]) -> Dashboard:
    """The dashboard of a span, gathered or kept; what waits is as it is now, for it costs next to nothing."""
    found: Dashboard = kept.get(tuple(times), partial(gather, services, span, times))
    return replace(found, waiting=backlog(services.store))


def gather(services: Services, span: Span, times: Sequence[int]) -> Dashboard:
    """The dashboard of a span as it is now."""
    store = services.store
    texts = unread(store, times[0], times[-1])
    return Dashboard(
        span=span,
        times=times,
        sums=sums(store, times),
        delays=delays(store, times),
        waiting=backlog(store),
        clusters=clusters(texts, words_of(services.registry)),
        looked_at=len(texts),
        price=services.settings.segment_price,
        at_ms=time.time_ns() // 1_000_000,
    )
