"""Queue: who works, which bells ring, what waits, and the jobs that failed, grouped by their error."""

import re

from flask import abort, request
from redis.exceptions import RedisError

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.gateway.queue import ALL, OTHER, clear, look

ERROR = re.compile(r"\w{1,40}")


@page("/queue", right="see", nav=40)
def queue(visit: Visit) -> Answer:
    """The queue as it is now; where Redis is away, what that means."""
    return _shown(visit)


@act("/queue/retry", right="act")
def queue_retry(visit: Visit) -> Answer:
    """Ring again for the failed jobs of one verb and error, and forget them."""
    verb, error = word(request.form, "verb", 16), word(request.form, "error", 40)
    if verb not in (*ALL, OTHER) or not ERROR.fullmatch(error):
        abort(400)
    redis = visit.services.redis
    if redis is None:
        return _shown(visit, 503)
    with visit.acting("queue_retry", f"queue/{verb}", visit.reason()):
        pass  # the row is written before anything is rung
    try:
        clear(redis, verb, error)
    except RedisError:
        return _shown(visit, 503)
    return visit.go("queue")


def _shown(visit: Visit, status: int = 200) -> Answer:
    redis = visit.services.redis
    try:
        found = look(redis) if redis is not None else None
    except RedisError:
        found = None
    return visit.render("queue", status, found=found, is_set=redis is not None, other=OTHER)
