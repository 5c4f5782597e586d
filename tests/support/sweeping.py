"""A sweep by hand."""

from types import MappingProxyType

from smsgw.clock import Clock
from smsgw.gateway.apology import Apologies
from smsgw.gateway.sweep import SweepVerb
from smsgw.keywords import load_registry
from smsgw.messages.reroutes import Routes
from smsgw.rulebook import load as load_rulebook
from smsgw.store import Store

APOLOGIES = Apologies(load_registry(), load_rulebook(None))


def sweep(store: Store, routes: Routes = MappingProxyType({}), many_newcomers: int = 1000) -> tuple[str, ...]:
    """Tidy up once; the verbs that have work due."""
    return SweepVerb(store, Clock(store), APOLOGIES, routes, many_newcomers=many_newcomers)()
