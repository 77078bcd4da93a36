"""Settings are looked at before anything starts: all faults at once, each in a line."""

import os

import pytest

from infra.settings import Settings, SettingsError, as_environment, overlooked
from infra.settings_checks import checked


@pytest.fixture(autouse=True)
def empty(monkeypatch, tmp_path):
    """An empty folder, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PLEDGE_"):
            monkeypatch.delenv(name)
    return tmp_path


def faults(monkeypatch, **settings):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        checked()
    return refused.value.faults


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PLEDGE_HTTP_PORT", "abc", "must be a whole number"),
        ("PLEDGE_HTTP_PORT", "99999", "must be from 1 to 65535"),
        ("PLEDGE_HTTP_PORT", "0", "must be from 1 to 65535"),
        ("PLEDGE_HTTP_HOST", "not a host", "must be an address or a host name"),
        ("PLEDGE_HTTP_HOST", "10.0.0.999", "must be an address or a host name"),
        ("PLEDGE_LOG_LEVEL", "LOUD", "not one of DEBUG, INFO, WARNING, ERROR"),
        ("PLEDGE_LOG_FORMAT", "jsn", "did you mean 'json'?"),
        ("PLEDGE_WEBHOOK_ALLOW", "10.0.0.0/99", "must be networks"),
        ("PLEDGE_SMTP_URL", "mail.shop", "must be like smtp://host:25"),
        ("PLEDGE_SMTP_URL", "smtp://mail.shop:99999", "must be like smtp://host:25"),
        ("PLEDGE_MAIL_FROM", "nobody", "must be an e-mail address"),
        ("PLEDGE_DATABASE_URL", "db.example/pledge", "must be like postgresql://"),
        ("PLEDGE_DATABASE_POOL", "1", "must be from 2 to 500"),
        ("PLEDGE_ADMIN_KEY_FILE", "/nowhere", "cannot be read"),
        ("PLEDGE_SESSION_LASTS", "3s", "must be from 1m to 1d"),
        ("PLEDGE_OIDC_AUDIENCE", "pledge", "no effect without PLEDGE_OIDC_ISSUER"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_what_is_allowed(
    monkeypatch, name, value, said
):
    (fault,) = faults(monkeypatch, **{name: value})
    assert fault.startswith(f"{name}={value!r}: ") or value.isdigit()
    assert fault.startswith(f"{name}=")
    assert said in fault


def test_all_faults_are_said_at_once_with_unknown_names_and_the_nearest(monkeypatch):
    found = faults(
        monkeypatch,
        PLEDGE_HTPP_PORT="8471",
        PLEDGE_LOG_LEVEL="LOUD",
        PLEDGE_SMTP_URL="mail.shop",
    )
    assert len(found) == 3
    assert "unknown setting PLEDGE_HTPP_PORT; did you mean PLEDGE_HTTP_PORT?" in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLEDGE_SECRET_KEY", "sesame"),
        ("PLEDGE_ADMIN_KEY", "open sesame"),
        ("PLEDGE_DATABASE_URL", "postgresql://app:sesame@/"),
        ("PLEDGE_DATABASE_URL", "password=sesame port=abc"),
        ("PLEDGE_SMTP_URL", "http://me:sesame@mail.shop"),
    ],
)
def test_no_secret_is_shown(monkeypatch, name, value):
    (fault,) = faults(monkeypatch, **{name: value})
    assert fault.startswith(f"{name}=")
    assert "sesame" not in fault


def test_a_file_is_held_to_the_same(monkeypatch, empty):
    (empty / "pledge.toml").write_text('http_port = "x"\nsmtp_ulr = "smtp://mail"')
    found = faults(monkeypatch)
    assert "pledge.toml: unknown setting 'smtp_ulr'; did you mean 'smtp_url'?" in found
    assert "pledge.toml: http_port='x': must be a whole number" in found


def test_a_file_that_is_no_toml_or_not_there_is_one_line(monkeypatch, empty):
    (empty / "pledge.toml").write_text("http_port: 8400")
    (fault,) = faults(monkeypatch)
    assert fault.startswith("pledge.toml is not TOML: ")
    (fault,) = faults(monkeypatch, PLEDGE_CONFIG_FILE="gone.toml")
    assert fault == "PLEDGE_CONFIG_FILE='gone.toml': there is no such file"


def test_the_environment_comes_before_the_file_and_nothing_said_is_the_default(
    monkeypatch, empty
):
    (empty / "pledge.toml").write_text('http_port = 8500\nhttp_host = "::1"')
    monkeypatch.setenv("PLEDGE_HTTP_PORT", "8600")
    monkeypatch.setenv("PLEDGE_LOG_LEVEL", "")
    assert checked() == Settings(http_port=8600, http_host="::1")
    seen = as_environment()
    assert (seen["PLEDGE_HTTP_PORT"], seen["PLEDGE_HTTP_HOST"]) == ("8600", "::1")


def test_what_others_put_into_the_environment_is_named_but_refuses_nothing(monkeypatch):
    monkeypatch.setenv("PLEDGE_SERVICE_PORT_HTTP", "8400")
    monkeypatch.setenv("PLEDGE_PORT_8400_TCP_ADDR", "10.0.0.1")
    monkeypatch.setenv("PLEDGE_IMAGE", "pledge:7")
    checked()
    assert overlooked() == ["PLEDGE_IMAGE"]


PROVIDER = {
    "PLEDGE_OIDC_ISSUER": "https://login.shop.example/realm",
    "PLEDGE_OIDC_AUDIENCE": "pledge-api",
    "PLEDGE_OIDC_ROLES": '{"pledge-agents": "agent"}',
}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ISSUER", "login.shop.example", "must be like https://login.shop.example"),
        ("ISSUER", "http://login.shop.example", "http only on this machine"),
        ("ISSUER", "https://login.shop.example?realm=a", "must be like https://"),
        ("AUDIENCE", "", "whose tokens are for Pledge?"),
        ("ROLES", "", 'like {"pledge-agents": "agent"}'),
        ("ROLES", "agent", 'must be JSON like {"pledge-agents": "agent"}'),
        ("ROLES", '{"pledge-agents": "agnet"}', "did you mean 'agent'?"),
        ("ROLES", '{"pledge-agents": ["agent"]}', "not one of admin"),
        ("SCOPE", "email", "must hold the word openid"),
    ],
)
def test_an_identity_provider_is_described_completely_or_refused(
    monkeypatch, name, value, said
):
    given = {**PROVIDER, f"PLEDGE_OIDC_{name}": value}
    (fault,) = faults(monkeypatch, **given)
    assert fault.startswith(f"PLEDGE_OIDC_{name}=")
    assert said in fault


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000/a", "http://localhost:9000"])
def test_on_this_machine_an_identity_provider_needs_no_tls(monkeypatch, issuer):
    for name, value in {**PROVIDER, "PLEDGE_OIDC_ISSUER": issuer}.items():
        monkeypatch.setenv(name, value)
    assert checked().oidc_issuer == issuer


def test_the_secret_of_the_client_is_not_shown(monkeypatch):
    (fault,) = faults(monkeypatch, PLEDGE_OIDC_CLIENT_SECRET="sesame")
    assert fault.startswith("PLEDGE_OIDC_CLIENT_SECRET=***: ")
