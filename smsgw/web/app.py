"""The WSGI application: limits, error answers, security headers, blueprints."""

from flask import Flask

from smsgw.console import frame
from smsgw.services import Services
from smsgw.simulator import api, pages
from smsgw.web import answers, health, hooks

BODY_LIMIT = 16 * 1024


def create_app(services: Services) -> Flask:
    """The WSGI application over opened services. It is whole by itself; `smsgw.web.door` is its faster front."""
    app = Flask("smsgw", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT, MAX_FORM_PARTS=200)
    app.register_blueprint(hooks.blueprint(services))
    app.register_blueprint(health.blueprint(services))
    app.register_blueprint(frame.blueprint(services))
    if services.settings.environment == "demo":
        app.register_blueprint(pages.blueprint(services))
        app.register_blueprint(api.blueprint(services))
    app.register_error_handler(Exception, answers.of_error)
    app.after_request(answers.secured)
    return app
