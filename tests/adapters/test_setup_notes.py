"""What is not set up is said, without a word of what is in the files."""

import pytest

from infra.notification.channels import reason_class
from infra.notification.setup import setup_notes
from infra.settings import Settings


def test_mail_and_chat_that_are_not_set_up_are_said_with_the_setting():
    mail, chat = setup_notes(Settings())
    assert "PLEDGE_SMTP_URL" in mail
    assert "PLEDGE_NOTIFY_TARGETS" in chat


def test_nothing_is_said_where_all_is_set_up(tmp_path):
    path = tmp_path / "targets.json"
    path.write_text('{"team": "json://localhost"}')
    settings = Settings(smtp_url="smtp://localhost", notify_targets=str(path))
    assert setup_notes(settings) == ()


def test_a_file_of_chat_targets_that_cannot_be_read_is_said(tmp_path):
    path = tmp_path / "targets.json"
    path.write_text('{"team": sesame')
    settings = Settings(smtp_url="smtp://localhost", notify_targets=str(path))
    [note] = setup_notes(settings)
    assert str(path) in note
    assert "sesame" not in note


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("smtp_550", "smtp_5xx"),
        ("http_410", "http_4xx"),
        ("not_configured", "not_configured"),
        ("no_answer", "no_answer"),
    ],
)
def test_failures_are_counted_by_few_reasons(code, reason):
    assert reason_class(code) == reason
