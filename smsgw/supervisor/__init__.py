"""Child processes with one owner: started, watched, and stopped with it."""

from smsgw.supervisor.child import Child, dying_with_owner, spawn
from smsgw.supervisor.crew import Crew, Died
from smsgw.supervisor.home import exclusive, make_home, require_free_port
from smsgw.supervisor.valkey import start_valkey

__all__ = [
    "Child",
    "Crew",
    "Died",
    "dying_with_owner",
    "exclusive",
    "make_home",
    "require_free_port",
    "spawn",
    "start_valkey",
]
