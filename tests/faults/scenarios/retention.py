"""Faults of retention: rows are erased under traffic, then the requests that once brought them are posted again."""

from sqlalchemy import func, select, update

from smsgw.gateway import purge
from smsgw.messages.deletion import RESTS_MS
from smsgw.messages.tables import heartbeat, inbound, seen_id
from tests.faults.drain import drain, pass_time
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage

YEAR_AND_MORE_MS = 400 * 24 * 3_600_000
AT_ONCE = 25


def purged(stage: Stage) -> None:
    """Half of the messages grow old and are erased while the other half comes; then the first half is replayed."""
    stage.open()
    stage.post(stage.count // 2)
    drain(stage)
    old = [*stage.senders.sent]
    pass_time(stage, YEAR_AND_MORE_MS, everything=True)
    with stage.posting(stage.count // 2, per_second=20.0) as done:
        while not done.done() or _old_rows(stage):
            stage.rest(0.5)
            _have_a_turn(stage)
            if stage.network.clock() > old[-1].began + YEAR_AND_MORE_MS / 1000 + 90:
                break
    stage.require(_old_rows(stage) == 0, f"{_old_rows(stage)} old rows are still there")
    taken = len(stage.carrier.taken)
    rows = _rows(stage)
    for at in range(0, len(old), AT_ONCE):
        answers = stage.network.run(stage.senders.again(old[at : at + AT_ONCE]))
        stage.require(set(answers) == {200}, f"replays were answered {sorted(set(answers))}")
    stage.rest(2.0)
    drain(stage)
    stage.notes |= {"erased_and_replayed": len(old), "new_rows": _rows(stage) - rows}
    stage.require(_rows(stage) == rows, "a replay has a row of its own")
    stage.notes["sent_again"] = sum(
        one.message.to in {letter.phone for letter in old} for one in stage.carrier.taken[taken:]
    )


def _have_a_turn(stage: Stage) -> None:
    """The next turn of the purge is due, and tombstones have rested: as if a minute had passed for them alone."""
    with stage.store.write() as connection:
        connection.execute(
            update(heartbeat).where(heartbeat.c.name == purge.TURN).values(at=heartbeat.c.at - purge.EVERY_MS)
        )
        connection.execute(update(seen_id).values(seen_at=seen_id.c.seen_at - RESTS_MS))


def _old_rows(stage: Stage) -> int:
    with stage.store.read() as connection:
        newest = select(func.max(inbound.c.received_at)).scalar_subquery()
        old = select(func.count()).where(inbound.c.received_at < newest - YEAR_AND_MORE_MS // 2)
        return int(connection.scalar(old) or 0)


def _rows(stage: Stage) -> int:
    with stage.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


SCENARIOS = (
    Scenario(
        "F36",
        "old rows erased under traffic, then replayed",
        "a replay is answered 200, and nothing comes of it",
        purged,
        count=200,
    ),
)
