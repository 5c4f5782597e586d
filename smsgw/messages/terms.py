"""Terms: what may leave now, besides that it waits."""

from dataclasses import dataclass

from smsgw.messages.pacing import Pace


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that messages leave by. `paces`: of those of our numbers that have one."""

    paces: tuple[Pace, ...] = ()

    @property
    def paced(self) -> frozenset[str]:
        """The numbers that have a pace."""
        return frozenset(pace.number for pace in self.paces)


FREE = Terms()
