"""Faults of the web process: it dies around the commit of a message, and duplicates come all at once."""

from tests.faults.crashes import crash
from tests.faults.scenario import Scenario
from tests.faults.senders import messages
from tests.faults.stage import Stage

DEATHS = 4
PER_SECOND = 8.0
IDS, TIMES, AT_ONCE = 40, 50, 5


def _dying(point: str, stage: Stage) -> None:
    """The web process dies at this point several times while messages are posted."""
    stage.start("web", *(crash(point, stage.dice.choice((1, 1, 2))) for _ in range(DEATHS)))
    stage.open(webs=0)
    stage.post(per_second=PER_SECOND)
    stage.wait(lambda: stage.kills >= 1, "a death")


def before_commit(stage: Stage) -> None:
    _dying("web.before_commit", stage)


def after_commit(stage: Stage) -> None:
    _dying("web.after_commit", stage)


def before_ring(stage: Stage) -> None:
    _dying("web.before_ring", stage)


def duplicates(stage: Stage) -> None:
    """Each message is posted fifty times at once."""
    stage.open()
    letters = messages(stage.count)
    for letter in letters:
        letter.began = stage.network.clock()
        stage.senders.sent.append(letter)
        stage.carrier.came(letter.sid, letter.phone, letter.text)
    stage.senders.answer_s = 15.0
    answers = []
    for at in range(0, len(letters), AT_ONCE):  # each fifty times at once, as many at once as can be answered in time
        answers += stage.network.run(stage.senders.again(letters[at : at + AT_ONCE] * TIMES))
    for letter in letters:
        letter.acked = stage.network.clock()
    stage.notes["posts"] = len(answers)
    stage.require(set(answers) == {200}, f"duplicates were answered {sorted(set(answers))}")


SCENARIOS = (
    Scenario(
        "F01",
        "web killed before the commit",
        "no 200 and no row; the next post or the sweep brings it; one reply",
        before_commit,
        count=30,
        quick=12,
    ),
    Scenario(
        "F02",
        "web killed after the commit, before its 200",
        "the row is there; the next post is a duplicate; one reply",
        after_commit,
        count=30,
        quick=12,
    ),
    Scenario(
        "F03",
        "web killed after its 200, before the ring",
        "the sweep has it answered; one reply",
        before_ring,
        count=30,
        quick=12,
    ),
    Scenario(
        "F25",
        f"{TIMES} duplicates at once of each of {IDS} messages",
        f"{IDS} rows, {IDS} replies, every post answered 200",
        duplicates,
        count=IDS,
        quick=IDS,
    ),
)
