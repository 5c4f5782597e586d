"""The stage of one scenario: a fresh database and queue, the world outside, and the gateway's processes."""

from collections.abc import Iterator, Sequence
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
from tests.faults.senders import Sent, messages
from tests.support import twilio
from tests.support.processes import free_port

UP_S = 20.0
END_S = 20.0


class Stage(Cast):
    """What a scenario plays on. `count`: messages; `notes`: figures of its own; `faults`: ceilings that it missed."""

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
    ) -> None:
        self.kind, self.count = kind, count
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

    def slowest_post_s(self, letters: Sequence[Sent] | None = None) -> float:
        """The longest that a single post has waited for its answer."""
        return max((letter.slowest_s for letter in letters or self.senders.sent), default=0.0)

    def outbound(self, *conditions: ColumnElement[bool]) -> int:
        """How many outbound rows are so."""
        with self.store.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(outbound).where(*conditions)) or 0)

    def require(self, holds: bool, sentence: str) -> None:
        """Note a ceiling or an expectation that does not hold; the run is red."""
        if not holds:
            self.faults.append(sentence)
