"""Effects: what an answer does besides being sent, carried out in the transaction that commits it."""

from functools import singledispatch

from sqlalchemy import Connection

from smsgw.gateway import notices, pin
from smsgw.gateway.proving import WARNED
from smsgw.keywords import Alert, Bind, FileComplaint, RefuseRebinding, SetPin, Unbind
from smsgw.members import binding, complaints, guards, pins
from smsgw.messages.rows import InboundRow


@singledispatch
def carry_out(effect: object, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    """Whether the effect took place; False: the answer does not hold any more and must be thought anew."""
    raise TypeError(f"no effect: {type(effect).__name__}")


@carry_out.register
def _bind(effect: Bind, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    before = binding.bound_phone(connection, effect.number)
    bound = binding.bind(connection, row.from_phone, effect.number, now_ms)
    if bound and before not in (None, row.from_phone):  # it rested too long, and has given way
        _silence(connection, before or "", effect.number)
    return bound


@carry_out.register
def _unbind(effect: Unbind, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    _silence(connection, row.from_phone, effect.number)
    return binding.unbind(connection, row.from_phone, effect.number, now_ms)


def _silence(connection: Connection, phone: str, number: str) -> None:
    key = binding.key_of(connection, number)
    if key is not None:
        notices.unbound(connection, phone, key)


@carry_out.register
def _refuse(effect: RefuseRebinding, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    return binding.refuse(connection, row.from_phone, effect.number, now_ms)


@carry_out.register
def _file(effect: FileComplaint, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    return complaints.file(connection, effect.number, row.id, row.from_phone, row.body, now_ms)


@carry_out.register
def _set_pin(effect: SetPin, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    return pins.put(connection, row.from_phone, effect.hash, now_ms)


@carry_out.register
def _remember(effect: pin.Remember, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    pin.remember(connection, row.id, effect.pin, now_ms)
    return True


@carry_out.register
def _alert(effect: Alert, connection: Connection, row: InboundRow, now_ms: int) -> bool:
    # Queued with the answer, as a text of its own. Another message may have been quicker: then it is thought anew.
    return not effect.daily or guards.once(connection, WARNED, effect.daily, now_ms, guards.DAY_MS)
