"""The operator's file of chat tools: names for all to check by, URLs for who sends."""

import json

import pytest

from infra.notification.chat_targets import TargetsError, load_targets, target_names

URL = "slack://sesame-4711@channel"


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.json", json.dumps({"team-chat": URL})), ("t.toml", f'team-chat = "{URL}"')],
)
def test_names_without_urls(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert load_targets(str(path)) == {"team-chat": URL}
    assert target_names(str(path)) == {"team-chat"}


def test_without_a_file_by_setting_it_is_known_that_there_are_none():
    assert target_names("") == frozenset()


@pytest.mark.parametrize("text", [f'{{"team-chat": "{URL}', '{"team-chat": 4711}'])
def test_a_file_that_cannot_be_read_is_said_without_what_it_holds(
    tmp_path, caplog, text
):
    path = tmp_path / "t.json"
    path.write_text(text)
    assert target_names(str(path)) is None
    with pytest.raises(TargetsError):
        load_targets(str(path))
    assert "PLEDGE_NOTIFY_TARGETS" in caplog.text
    assert "4711" not in caplog.text
