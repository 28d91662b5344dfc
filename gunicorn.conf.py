"""How gunicorn serves Kouba: a process per core, eight threads each (docs/decisions/0006-server.md)."""

import contextlib
import ctypes
import gc
import os
import sys

from eventapp.config import DEFAULTS

wsgi_app = "eventapp:create_app()"
bind = os.environ.get("EVENTAPP_BIND", str(DEFAULTS["BIND"]))
workers = int(os.environ.get("WEB_CONCURRENCY", os.cpu_count() or 1))
worker_class = "gthread"
threads = 8
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
max_requests = 0
limit_request_line = 8190  # the most there is: a day planned from 200 hearts has them all in its address
control_socket_disable = True
# What a proxy says of a request is believed by the application alone, and only from as many of them as EVENTAPP_PROXY_HOPS
# names. gunicorn would believe whoever asks from this machine, and so every visitor of a proxy on it: a header SCRIPT_NAME
# would stand before each link of a page that others get out of the cache.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
logger_class = "eventapp.web.logs.AccessLogger"
accesslog = os.environ.get("EVENTAPP_ACCESS_LOG") or None


M_ARENA_MAX = -8  # of malloc.h
with contextlib.suppress(OSError, AttributeError):  # another C library has no such setting
    ctypes.CDLL("libc.so.6").mallopt(
        M_ARENA_MAX, 1
    )  # else each of the eight threads hoards memory of its own


BODY_SECONDS = 20  # of silence in the middle of what somebody sends


def pre_request(worker, req):  # type: ignore[no-untyped-def]
    """A phone that went into a tunnel while it was sending keeps its thread for a while, and not for ever."""
    if req.method not in {"GET", "HEAD"}:
        req.unreader.sock.settimeout(BODY_SECONDS)


def when_ready(server):  # type: ignore[no-untyped-def]
    """What the workers share is made before they begin, and stays: looking for garbage in it would only copy it."""
    from eventapp.web.warming import warm

    warm(server.app.wsgi())
    gc.collect()
    gc.freeze()


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    """A connection must not be shared by two processes; and a thread that comes back from the disk goes on soon."""
    sys.setswitchinterval(0.001)  # it holds the right to write; others would let it wait five milliseconds
    from eventapp.db import db

    application = worker.app.wsgi()
    with application.app_context():
        db.engine.dispose(close=False)
