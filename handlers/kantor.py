"""KANTOR: the branch offices of a city, and what is known of one of them."""

from collections.abc import Sequence

from smsgw.keywords import Ask, Command, Keyword, Offer, Office, Reply

PAGE = 80
"""Characters of a list that leave room for what to do with it."""
CHOICES = 4
"""Places at most among which a participant is asked to choose."""


def answer(ask: Ask) -> Reply:
    """One office told, several listed; a place that is not known is asked back, never guessed."""
    place = ask.reading.arguments.get("city", "")
    if not place:
        return Reply("KANTOR", "where")
    found = ask.members.offices(place)
    if not found:
        return _unclear(ask, place)
    branch = int(ask.reading.arguments.get("branch", "0"))
    if len(found) == 1 or 0 < branch <= len(found):
        return _office(found[branch - 1 if len(found) > 1 else 0])
    return _list(found, ask.page) if branch == 0 else _beyond(found)


def _office(office: Office) -> Reply:
    section = "office" if office.address else "no_address"
    return Reply("KANTOR", section, {"office": office.name, "address": office.address or None})


def _list(found: Sequence[Office], page: int) -> Reply:
    pages = _pages([office.name for office in found])
    if len(pages) > 1:
        pages = _pages([office.short for office in found])
    page = min(page, len(pages))
    last = page == len(pages)
    city = found[0].city
    fields = {
        "city": city,
        "word": city.upper(),
        "list": (" ".join(pages[page - 1]),),
        "first": sum(map(len, pages[: page - 1])) + 1,
        "page": page,
        "pages": len(pages),
    }
    choices = tuple(_command(city, str(at)) for at in range(1, len(found) + 1))
    following = None if last else Command("KANTOR", arguments={"city": city.upper()}, page=page + 1)
    return Reply("KANTOR", "list" if last else "more", fields, offer=Offer(following=following, choices=choices))


def _pages(names: Sequence[str]) -> list[list[str]]:
    """The names with their numbers, as many on a page as fit."""
    pages: list[list[str]] = [[]]
    for at, name in enumerate(names, 1):
        if len(" ".join([*pages[-1], f"{at}) {name}"])) > PAGE:
            pages.append([])
        pages[-1].append(f"{at}) {name}")
    return pages


def _beyond(found: Sequence[Office]) -> Reply:
    city = found[0].city
    fields = {"city": city, "word": city.upper(), "count": len(found)}
    return Reply("KANTOR", "beyond", fields, offer=Offer(yes=_command(city)))


def _unclear(ask: Ask, place: str) -> Reply:
    near = ask.members.nearest_places(place)
    commands = tuple(_command(one, ask.reading.arguments.get("branch")) for one in near)
    if len(near) == 1:
        return Reply("KANTOR", "suggest", {"place": near[0]}, offer=Offer(yes=commands[0]))
    if 1 < len(near) <= CHOICES:
        shown = " ".join(f"{at}) {one}" for at, one in enumerate(near, 1))
        return Reply("KANTOR", "choose", {"list": (shown,)}, offer=Offer(choices=commands))
    return Reply("KANTOR", "unknown")


def _command(place: str, branch: str | None = None) -> Command:
    arguments = {"city": place.upper()}
    return Command("KANTOR", arguments=arguments | {"branch": branch} if branch else arguments)


KEYWORD = Keyword(name="KANTOR", who="anyone", answer=answer, menu="KANTOR", rank=110)
