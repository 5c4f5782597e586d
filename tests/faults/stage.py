"""The stage of one scenario: a fresh database and queue, the world outside, and the gateway's processes."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import ColumnElement, func, select

from smsgw.gateway import jobs
from smsgw.messages.tables import outbound
from smsgw.services import open_database
from tests.faults.cast import Cast
from tests.faults.house import KEY, House, Queue, small_disk
from tests.faults.network import Network
from tests.faults.senders import messages
from tests.support import twilio
from tests.support.processes import free_port

UP_S = 20.0
END_S = 20.0


class Stage(Cast):
    """What a scenario plays on. `count`: messages; `notes`: figures of its own; `faults`: ceilings that it missed.

    `alone`: nothing is played beside it, so that ceilings hold.
    """

    def __init__(
        self,
        house: House,
        kind: str,
        folder: Path,
        seed: int,
        count: int,
        *,
        own_server: bool = False,
        disk_bytes: int = 0,
        alone: bool = False,
    ) -> None:
        self.kind, self.count, self.alone = kind, count, alone
        self.at_end = ExitStack()
        self.postgresql = house.postgresql
        if own_server and kind == "postgresql":
            self.postgresql = self.at_end.enter_context(house.own_postgresql())
        self.dice = Random(f"{seed}/{kind}")
        self.disk = disk = self.at_end.enter_context(small_disk(disk_bytes)) if disk_bytes else None
        self.notes: dict[str, float] = {}
        self.faults: list[str] = []
        self.network = Network(Random(seed))
        self.carrier, self.senders = self.network.carrier, self.network.senders
        self.queue = Queue(folder / "valkey")
        self.redis = jobs.connect(self.queue.url)
        port = free_port()
        settings = twilio.settings(
            home=folder,
            port=port,
            database_url=house.database(kind, folder, self.postgresql, disk),
            redis_url=self.queue.url,
            data_key=KEY.hex(),
            public_url=f"http://127.0.0.1:{port}",
            twilio_api_url=f"http://127.0.0.1:{self.network.port}",
            log_level="WARNING",
        )
        super().__init__(house.nursery, folder, settings, self.senders.ports)
        self.senders.base = settings.public_url
        self.store = open_database(settings)

    def close(self) -> None:
        """End everything."""
        self.end_all()
        self.redis.close()
        self.queue.close()
        self.store.close()
        self.network.close()
        self.at_end.close()

    def post(self, amount: int | None = None, *, at_once: int = 8, per_second: float = 0.0, text: str = "INFO") -> None:
        """Post messages, each from a phone of its own, until all are answered or given up by the carrier."""
        with self.posting(amount, at_once=at_once, per_second=per_second, text=text):
            pass

    @contextmanager
    def posting(
        self, amount: int | None = None, *, at_once: int = 8, per_second: float = 0.0, text: str = "INFO"
    ) -> Iterator["Future[None]"]:
        """The same beside the block; at its end all are answered or given up."""
        letters = messages(self.count if amount is None else amount, text)
        done = self.network.start(self.senders.post_all(letters, at_once, per_second))
        yield done
        self.wait(done.done, "the posts", within_s=600)
        done.result()

    def posts_within(self, ceiling_s: float) -> None:
        """Every post is to be answered 200 within this time.

        Where others share the processors, half of them are to be: that tells a wait from a busy machine as well.
        """
        waits_s = sorted(letter.slowest_s for letter in self.senders.sent)
        self.notes["slowest_webhook_s"] = waits_s[-1]
        counted_s = waits_s[-1] if self.alone else waits_s[len(waits_s) // 2]
        self.require(counted_s <= ceiling_s, f"a webhook took {counted_s:.2f} s, more than {ceiling_s}")
        right = {200} if self.alone else {200, 0}  # 0: not answered in time
        refused = {status for letter in self.senders.sent for status in letter.statuses} - right
        self.require(not refused, f"webhooks were answered {sorted(refused)}")

    def outbound(self, *conditions: ColumnElement[bool]) -> int:
        """How many outbound rows are so."""
        with self.store.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(outbound).where(*conditions)) or 0)

    def require(self, holds: bool, sentence: str) -> None:
        """Note a ceiling or an expectation that does not hold; the run is red."""
        if not holds:
            self.faults.append(sentence)
