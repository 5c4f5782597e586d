"""Page: an address of the console with the right that it needs and the view that answers it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from smsgw.console import pages
from smsgw.console.visit import Answer
from smsgw.operators.rights import Right

View = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Page:
    """One address. `right` None: before the sign-in. `nav`: its place in the menu, 0 for none. `polled`: asked for by
    the browser by itself, which keeps nobody signed in."""

    name: str
    rule: str
    view: View
    right: Right | None
    method: str = "GET"
    nav: int = 0
    polled: bool = False


def page(rule: str, *, right: Right | None, nav: int = 0, polled: bool = False) -> Callable[[View], Page]:
    """A view that shows something; changes nothing, however often it is called."""
    return lambda view: Page(view.__name__, rule, view, right, "GET", nav, polled)


def act(rule: str, *, right: Right | None) -> Callable[[View], Page]:
    """A view that changes something: POST only, with the session's token."""
    return lambda view: Page(view.__name__, rule, view, right, "POST")


def all_pages() -> Iterator[Page]:
    """Every page of the folder `pages`."""
    for module in iter_modules(pages.__path__, f"{pages.__name__}."):
        found: dict[str, Any] = vars(import_module(module.name))
        yield from (one for one in found.values() if isinstance(one, Page))
