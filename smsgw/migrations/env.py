"""Alembic's entry: runs the steps over the store that the caller configured."""

from typing import Any, Literal

from alembic import context

from smsgw.store import Encrypted, Sealed, Store, metadata


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    # A step must not change meaning when our types do: it speaks of bytes.
    return "sa.LargeBinary()" if isinstance(item, (Sealed, Encrypted)) else False


def _run() -> None:
    store: Store = context.config.attributes["store"]
    with store.write() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=_render,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
