"""What a WSGI server is pointed at: `waitress-serve wsgi:app`."""

from contextlib import ExitStack

from smsgw.config import load
from smsgw.services import open_services
from smsgw.web.app import create_app

_open = ExitStack()  # kept: what it holds would be closed with it
app = create_app(_open.enter_context(open_services(load())))
