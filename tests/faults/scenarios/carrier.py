"""Faults of the carrier: it answers late, in the dark or not at all, cannot be reached, lists late, reports wildly."""

from dataclasses import replace
from functools import partial

from smsgw.carriers.twilio import Twilio
from smsgw.messages import states
from smsgw.messages.tables import outbound
from smsgw.services import Services
from tests.faults.crashes import crash
from tests.faults.drain import drain, pass_time
from tests.faults.moods import SILENT, always, first, in_turn
from tests.faults.scenario import DARK, Scenario
from tests.faults.stage import Stage

REFUSALS = 10
FREED_S = 13.0  # reliability F21: a worker whose carrier hangs
HOUR_MS = 3_600_000
LIFE_MS = 31 * 60_000


def too_many(stage: Stage) -> None:
    """Every message is refused ten times with 429."""
    stage.carrier.mood = first(REFUSALS, "429")
    stage.open()
    stage.post()


def each_tried_eleven_times(stage: Stage) -> None:
    stage.notes["orders"] = stage.carrier.counts.orders
    expected = (REFUSALS + 1) * len(stage.senders.sent)
    stage.require(stage.carrier.counts.orders == expected, f"{stage.carrier.counts.orders} orders, not {expected}")


def errors(stage: Stage) -> None:
    """Answers 500, having taken the message or not."""
    stage.carrier.reports, stage.carrier.mood = SILENT, in_turn("500_before", "500_after")
    stage.open()
    stage.post()


def hangs(stage: Stage) -> None:
    """Never answers, having taken the message or not."""
    stage.carrier.reports, stage.carrier.mood = SILENT, in_turn("hang_before", "hang_after")
    stage.open()
    stage.post()


def freed_in_time(stage: Stage) -> None:
    both_ends(stage)
    held = stage.carrier.counts.longest_held_s
    stage.notes["held_s"] = held
    allowed = FREED_S if stage.alone else 2 * FREED_S
    stage.require(0 < held <= allowed, f"a worker was held for {held:.1f} s, more than {allowed:.0f}")


def both_ends(stage: Stage) -> None:
    """Some of the messages were taken and are accepted, the others were not and are failed_unknown."""
    taken = len(stage.carrier.taken)
    given_up = stage.outbound(outbound.c.state == states.FAILED_UNKNOWN)
    stage.require(taken > 0, "the carrier took none")
    stage.require(given_up == len(stage.senders.sent) - taken, f"{given_up} failed_unknown beside {taken} taken")


def _sending_to(url: str, services: Services) -> Services:
    # A demo refuses to start with a carrier elsewhere, and elsewhere is what this is about.
    settings = services.settings.model_copy(update={"twilio_api_url": url})
    return replace(services, carriers={"twilio": Twilio(settings)})


def broken_connections(stage: Stage) -> None:
    """Nobody listens, no such name, no TLS: then reachable, but it resets and talks nonsense."""
    stage.open(workers=0)
    wrong = ("http://127.0.0.1:1", "http://nowhere.invalid", f"https://127.0.0.1:{stage.network.port}")
    for url in wrong:
        worker = stage.start("worker", partial(_sending_to, url))
        stage.post(max(1, stage.count // 8))
        stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= len(stage.senders.sent), "attempts")
        stage.stop(worker)
    stage.require(stage.carrier.counts.orders == 0, "an order has come through")
    modes = "reset_before", "reset_after", "garbage_before", "garbage_after"
    stage.carrier.reports, stage.carrier.mood = SILENT, in_turn("ok", *modes)
    stage.start("worker")
    stage.post()


def late_list(stage: Stage) -> None:
    """Workers die after the carrier took a message, whose list shows it half a minute late, and then ten minutes."""
    stage.carrier.reports = SILENT
    stage.open(workers=0)
    for lag_s in (30.0, 600.0):
        stage.carrier.lag_s = lag_s
        worker = stage.start("worker", crash("worker.after_call"), crash("worker.after_call"))
        stage.post(stage.count // 2, per_second=5.0)
        drain(stage)
        given_up = stage.outbound(outbound.c.state == states.FAILED_UNKNOWN)
        stage.notes[f"given_up_with_{lag_s:g}_s"] = given_up
        stage.retire(worker)
    stage.start("worker")
    stage.require(given_up > 0, "nothing was given up with a list ten minutes late")
    pass_time(stage, HOUR_MS)
    taken = {taken.token for taken in stage.carrier.taken}
    missed = outbound.c.state == states.FAILED_UNKNOWN, outbound.c.callback_token.in_(taken)
    stage.wait(lambda: stage.outbound(*missed) == 0, "the hourly look")


def expired(stage: Stage) -> None:
    """The carrier refuses everything for longer than a reply lives."""
    stage.carrier.mood = always("429")
    stage.open()
    stage.post()
    stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= stage.count, "attempts")
    pass_time(stage, LIFE_MS)
    stage.wait(lambda: stage.outbound(outbound.c.state == states.EXPIRED) >= stage.count, "the end of the replies")
    stage.carrier.mood = always("ok")


def apologised(stage: Stage) -> None:
    late = stage.outbound(outbound.c.state == states.EXPIRED)
    sorry = stage.outbound(outbound.c.kind == "apology")
    stage.require(late == sorry == stage.count, f"{late} expired and {sorry} apologies of {stage.count}")


SCENARIOS = (
    Scenario(
        "F19",
        f"carrier answers 429 {REFUSALS} times to each message",
        "one acceptance of each, after longer and longer waits",
        too_many,
        count=20,
        quick=2,
        check=each_tried_eleven_times,
    ),
    Scenario(
        "F20",
        "carrier answers 500, having taken it or not",
        "taken: accepted; not taken: failed_unknown",
        errors,
        count=40,
        quick=8,
        allows=DARK,
        check=both_ends,
    ),
    Scenario(
        "F21",
        "carrier never answers, having taken it or not",
        f"as F20, and the worker is free within {FREED_S:.0f} s",
        hangs,
        count=40,
        quick=4,
        allows=DARK,
        check=freed_in_time,
    ),
    Scenario(
        "F22",
        "carrier refuses connections, has no name, no TLS; resets, talks nonsense",
        "what was not sent is sent later; the rest as F20",
        broken_connections,
        count=40,
        quick=5,
        allows=DARK,
    ),
    Scenario(
        "F34",
        "carrier's list lags by 30 s, then by 10 min, while workers die after calls",
        "30 s: found; 10 min: failed_unknown, then accepted by the hourly look",
        late_list,
        count=24,
        allows=DARK,
    ),
    Scenario(
        "F37",
        "the carrier refuses everything for longer than a reply lives",
        "replies expire; one apology each in their place",
        expired,
        count=20,
        check=apologised,
    ),
)
