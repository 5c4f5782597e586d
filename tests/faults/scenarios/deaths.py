"""Faults of the whole gateway: everybody dies all the time, and deployments roll."""

from tests.faults.moods import MODES, Reports, always, mixed
from tests.faults.scenario import DARK, Scenario
from tests.faults.senders import messages
from tests.faults.stage import Stage

PER_SECOND = 40.0
DEPLOYS = 20


def chaos(stage: Stage) -> None:
    """A process dies every 0.1 to 0.4 s, while the carrier is in every mood, its list and its reports in disorder."""
    stage.carrier.mood = mixed(stage.dice, 30, *MODES)
    stage.carrier.reports = Reports(repeats=2, shuffled=True, early=True)
    stage.carrier.lag_s = 2.0
    stage.open(webs=2, workers=4)
    targets = [actor for actor in stage.actors if actor.part.role != "scheduler"]
    with stage.posting(at_once=16, per_second=PER_SECOND) as done:
        while not done.done():
            stage.rest(stage.dice.uniform(0.1, 0.4))
            stage.kill(stage.dice.choice(targets))
    stage.carrier.mood = always("ok")


def rolling(stage: Stage) -> None:
    """Twenty deployments under traffic: each process in turn is asked to stop, and another one is started."""
    stage.open(webs=2)
    stage.carrier.callback_port = lambda: (*stage.senders.ports, 1)[0]
    forced = 0
    letters = messages(stage.count)
    done = stage.network.start(stage.senders.post_all(letters, 8, 20.0))
    for _ in range(DEPLOYS):
        for actor in (*stage.actors,):
            forced += not stage.stop(actor)
            stage.start(actor.part.role)
    stage.wait(done.done, "the posts", within_s=600)
    done.result()
    stage.notes["deploys"] = DEPLOYS
    stage.notes["forced"] = forced


SCENARIOS = (
    Scenario(
        "F10",
        "a process killed every 0.1 to 0.4 s, carrier in every mood",
        "nothing lost, doubled or mismatched",
        chaos,
        count=2000,
        quick=60,
        allows=DARK | {"failed"},
        drain_s=180.0,
    ),
    Scenario("F18", f"{DEPLOYS} rolling deployments under traffic", "all leave once", rolling, count=1000),
)
