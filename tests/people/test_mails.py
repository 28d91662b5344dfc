"""What is mailed about accounts: in the person's language, with the link that works."""

import re

import pytest
from sqlalchemy import select

from eventapp import postman
from eventapp.db import db, transaction
from eventapp.festivals.models import Role
from eventapp.outbox import Mail
from eventapp.people import invitations, one_time
from tests.builders import make_festival, make_organizer, make_person, texts


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_mail_says_what_it_is_and_carries_a_link_that_works(app, language):
    festival = make_festival("ota", name=texts("おおた", "Ota"))
    owner = make_organizer(festival, Role.OWNER, make_person("Keiko"))
    person = make_person("Ken", language=language)
    with transaction():
        one_time.mail_sign_in(person)
        one_time.mail_reset(person)
        one_time.mail_recovery(
            person, place=festival.name, next_path="/manage/ota/", by="Keiko", festival_id=festival.id
        )
        one_time.mail_changed(person)
        invitations.send(
            person, place=festival.name, next_path="/manage/ota/", by=owner, festival_id=festival.id
        )
        new = invitations.find_or_add_person("new@example.jp", language=language)
        invitations.send(
            new, place=festival.name, next_path="/manage/ota/", by=owner, festival_id=festival.id
        )

    mails = db.session.scalars(select(Mail)).all()
    written = {mail.template: postman.write(mail, app.jinja_env, sender="kouba@example.jp") for mail in mails}

    assert len(written) == 6
    for template, message in written.items():
        body = message.get_content()
        assert message["Subject"] and "%(" not in body and "None" not in body
        assert bool(re.search("[ぁ-ん]", body)) == (language == "ja"), template
        if token := re.search(r"http://localhost/account/link/(\S+)", body):
            assert one_time.find(token[1]) is not None
        else:
            assert template in {"people/added", "people/password_changed"}
    assert "おおた" in written["people/invited"]["Subject"] or language == "en"
