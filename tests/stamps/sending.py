"""Phones over real HTTP: they send until they are answered, as the page's outbox does."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from typing import Any

from tests.serving import Server
from tests.stamps.phones import Phone

PATH = "/town/2026/stamps/sync"


def post(server: Server, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A batch as static/js/offline.js sends it. Raises OSError where the connection breaks."""
    request = urllib.request.Request(
        server.url + PATH, data=json.dumps(message).encode(), method="POST",
        headers={"Content-Type": "application/json", "X-Kouba": "1", "Origin": server.url, "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, {}


def send_until_answered(server: Server, phone: Phone, pause: threading.Event) -> dict[str, str]:
    """What was said to each scan of the outbox; the connection may break as often as it likes. Empty when nobody answers."""
    for _try in range(400):
        try:
            status, answer = post(server, phone.message())
        except (OSError, http.client.HTTPException, ValueError):  # broken off, or half an answer
            pause.wait(0.02)
            continue
        assert status == 200, status
        phone.hear(answer)
        return {one["scan_id"]: one["verdict"] for one in answer["results"]}
    return {}
