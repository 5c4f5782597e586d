"""Figures out of samples: rates, percentiles, costs by process."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.load import Conversation
from tests.bench.measure import Sample, replied


@dataclass(frozen=True, slots=True)
class Figures:
    """One system with one number of conversations in flight. Milliseconds; CPU-seconds per 1000 messages; MiB."""

    system: str
    in_flight: int
    messages: int
    per_second: float  # the median of the rounds
    per_second_by_round: list[float]
    reply_p50: float
    reply_p99: float
    webhook_p50: float
    webhook_p99: float
    cpu: float
    cpu_by_process: dict[str, float]
    memory_mib: float
    driver_cpu: float  # of generator and carrier, on the same processors
    others: float  # processors that strangers to the bench kept busy, in the worst round
    lost: int
    doubled: int
    refused: int  # posts not answered 200
    strangers: int  # replies without a balance
    report_p50: float | None
    reports_missing: int


def figures(system: str, in_flight: int, samples: list[Sample], stranger: str, reported: bool = False) -> Figures:
    """Sum up the rounds of one system. `stranger`: the text that a sender without membership gets."""
    walked = replied(samples)
    rates = [_rate(sample) for sample in samples]
    costs = _costs(samples, len(walked))
    reports = [seconds for one in walked for seconds in one.reports]
    return Figures(
        system=system,
        in_flight=in_flight,
        messages=len(walked),
        per_second=round(median(rates), 1),
        per_second_by_round=[round(rate, 1) for rate in rates],
        reply_p50=percentile([one.reply for one in walked if one.reply is not None], 50),
        reply_p99=percentile([one.reply for one in walked if one.reply is not None], 99),
        webhook_p50=percentile([one.webhook for one in walked], 50),
        webhook_p99=percentile([one.webhook for one in walked], 99),
        cpu=round(sum(costs.values()), 3),
        cpu_by_process=costs,
        memory_mib=round(max(sample.memory_mib for sample in samples), 1),
        driver_cpu=round(1000 * sum(sample.driver for sample in samples) / len(walked), 3),
        others=round(max(sample.others for sample in samples), 2),
        lost=sum(one.reply is None for one in walked),
        doubled=sum(one.doubles for one in walked),
        refused=sum(one.status != 200 for one in walked),
        strangers=sum(one.text == stranger for one in walked),
        report_p50=percentile(reports, 50) if reports else None,
        reports_missing=_missing(walked) if reported else 0,
    )


def percentile(seconds: Sequence[float], rank: int) -> float:
    """The nearest-rank percentile, in milliseconds; 0 of nothing."""
    ordered = sorted(seconds)
    return round(1000 * ordered[min(len(ordered) - 1, len(ordered) * rank // 100)], 2) if ordered else 0.0


def _rate(sample: Sample) -> float:
    count = sum(one.reply is not None for one in sample.walks.conversations)
    return count / sample.walks.seconds if count else 0.0


def _costs(samples: list[Sample], messages: int) -> dict[str, float]:
    names = list(samples[0].cpu)
    return {name: round(1000 * sum(sample.cpu[name] for sample in samples) / messages, 3) for name in names}


def _missing(walked: Sequence[Conversation]) -> int:
    return sum(2 - len(one.reports) for one in walked)
