"""Mail servers as they are: without encryption, with a foreign certificate, rude when they say goodbye."""

import smtplib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from flask import Flask

from eventapp import config, postman, worker
from eventapp.outbox import MailState
from tests.app.test_outbox import the_mail
from tests.builders import make_booking


class OldServer(threading.Thread):
    """A mail server that offers STARTTLS and then cannot: what it was told until then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.door.getsockname()[1]
        self.heard: list[str] = []

    def run(self) -> None:
        line, _address = self.door.accept()
        with line, line.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 mail.example.jp ESMTP\r\n")
            for told in stream:
                word = told.decode().split()[0].upper()
                self.heard.append(word)
                answers = {
                    "EHLO": b"250-mail.example.jp\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
                    "QUIT": b"221 bye\r\n",
                }
                stream.write(answers.get(word, b"454 TLS not available\r\n"))
                if word == "QUIT":
                    break


def test_where_the_server_can_encrypt_no_password_leaves_before_it_does(app: Flask) -> None:
    make_booking()
    server = OldServer()
    server.start()

    with pytest.raises(smtplib.SMTPException):
        postman.Smtp(f"smtp://kouba:secret@127.0.0.1:{server.port}").send(
            postman.write(the_mail(), app.jinja_env, sender="kouba@example.jp")
        )

    server.join(5)
    assert server.heard[:2] == ["EHLO", "STARTTLS"] and "AUTH" not in server.heard


def test_a_mail_server_elsewhere_must_prove_its_name() -> None:
    elsewhere, here = postman.trusting("mail.example.jp"), postman.trusting("127.0.0.1")

    assert (elsewhere.verify_mode, elsewhere.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert here.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("typed", ["smpt://mail.example.jp", "mail.example.jp", ""])
def test_a_mistyped_mail_server_is_said_before_anything_starts(tmp_path: Path, typed: str) -> None:
    with pytest.raises(config.ConfigError, match="EVENTAPP_MAIL"):
        config.load(tmp_path, environ={"EVENTAPP_MAIL": typed})

    assert config.load(tmp_path, environ={"EVENTAPP_MAIL": "smtps://mail.example.jp"})["MAIL"].startswith(
        "smtps"
    )


class RudeServer(threading.Thread):
    """A mail server that takes a mail and then answers the goodbye with a refusal, or not at all."""

    def __init__(self, goodbye: bytes) -> None:
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.door.getsockname()[1]
        self.goodbye = goodbye
        self.taken = 0

    def run(self) -> None:
        line, _address = self.door.accept()
        with line, line.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 mail.example.jp ESMTP\r\n")
            is_data = False
            for told in stream:
                if is_data:
                    if told == b".\r\n":
                        is_data, self.taken = False, self.taken + 1
                        stream.write(b"250 it is ours\r\n")
                    continue
                word = told.decode().split()[0].upper()
                if word == "QUIT":
                    stream.write(self.goodbye)
                    break
                is_data = word == "DATA"
                stream.write(b"354 go on\r\n" if is_data else b"250 yes\r\n")


@pytest.mark.parametrize("goodbye", [b"421 too busy to say goodbye\r\n", b"500 what\r\n", b""])
def test_a_mail_that_was_taken_is_not_sent_again_for_a_rude_goodbye(app: Flask, goodbye: bytes) -> None:
    make_booking()
    server = RudeServer(goodbye)
    server.start()
    app.config["MAIL"] = f"smtp://127.0.0.1:{server.port}"
    try:
        assert worker.deliver(app) == 1
    finally:
        app.config["MAIL"] = "folder"
        server.join(5)

    assert (server.taken, the_mail().state) == (1, MailState.SENT)
