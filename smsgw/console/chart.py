"""Chart: numbers as the shapes of an SVG, drawn on the server; axes and legend are text of the page, so that they stay
readable however small the picture becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT = 600, 160
GAP: Final = 0.2  # of a slot, between bars
_STEPS: Final = (2, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of one series. `tone`: a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one series as stretches without gaps, each an SVG path; single points are short strokes."""

    path: str
    tone: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of WIDTH by HEIGHT. `top`: the number at its upper edge."""

    top: int
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()


def stacked(series: Mapping[str, Sequence[int]], top: int | None = None) -> Chart:
    """Series by tone as bars on one another, the first at the bottom."""
    slots = [*zip(*series.values(), strict=True)]
    top = top or nice(max(map(sum, slots), default=0))
    width = WIDTH / max(len(slots), 1)
    bars: list[Bar] = []
    for n, counts in enumerate(slots):
        y = float(HEIGHT)
        for tone, count in zip(series, counts, strict=True):
            height = count * HEIGHT / top
            y -= height
            if count:
                bars.append(
                    Bar(_short(width * (n + GAP / 2)), _short(y), _short(width * (1 - GAP)), _short(height), tone)
                )
    return Chart(top, tuple(bars))


def lines(series: Mapping[str, Sequence[int | None]]) -> Chart:
    """Series by tone as lines, broken where there is no number."""
    known = [value for values in series.values() for value in values if value is not None]
    top = nice(max(known, default=0))
    return Chart(top, lines=tuple(Line(_path(values, top), tone) for tone, values in series.items()))


def nice(largest: int) -> int:
    """A round and even number that is not smaller: the upper edge of an axis."""
    scale = 1
    while scale * 10 < largest:
        scale *= 10
    return next(step * scale for step in _STEPS if step * scale >= largest)


def _path(values: Sequence[int | None], top: int) -> str:
    width = WIDTH / max(len(values), 1)
    parts: list[str] = []
    before: int | None = None
    for n, value in enumerate(values):
        if value is not None:
            x, y = _short(width * (n + 0.5)), _short(HEIGHT - value * HEIGHT / top)
            parts.append(f"L{x} {y}" if before is not None else f"M{_short(x - width / 4)} {y}L{x} {y}")
            following = values[n + 1] if n + 1 < len(values) else None
            parts += [f"L{_short(x + width / 4)} {y}"] if following is None else []
        before = value
    return "".join(parts)


def _short(number: float) -> float:
    return round(number, 1)
