"""Who was erased stays erased, whatever is restored, as long as no older backup of the
keys is taken together with a log of that time.
"""

import pytest

from infra.embedded.backup import KEYS, backup, restore
from infra.embedded.data_dir import DataDir
from infra.embedded.postgres import OWNER
from tests.support.installation import Installation

pytestmark = pytest.mark.postgres
CUSTOMER = {"external_id": "c-1", "name": "Lina"}
ERASURE = {"reason": "Art. 17 GDPR", "requested_by": "the customer"}


@pytest.fixture
def saved(tmp_path):
    """Backups from before and after the erasure of `c-1`, and the ticket of it."""
    made = Installation(tmp_path / "data")
    try:
        made.start("api")
        with made.client() as api:
            ticket = api.open_ticket(customer=CUSTOMER)
            other = api.open_ticket(customer={"external_id": "c-2", "name": "Bo"})
            before, after = tmp_path / "before", tmp_path / "after"
            backup(made.postgres.url(OWNER), made.data, before)
            api.ok("POST", "/v1/subjects/c-1/erase", ERASURE)
            backup(made.postgres.url(OWNER), made.data, after)
    finally:
        made.stop()
    return before, after, ticket, other


@pytest.fixture
def names_after(tmp_path):
    """The names of customers after a restore: `names_after(log, keys, tickets)`."""

    def named(log, keys, *tickets):
        said = []
        folder = tmp_path / f"restored-{log.name}"
        restore(log, DataDir(folder), said.append, keys)
        made = Installation(folder)
        try:
            made.start("api")
            with made.client() as api:
                return [api.read(t)["customer"]["name"] for t in tickets], said
        finally:
            made.stop()

    return named


def test_an_old_log_with_the_keys_of_now_has_only_the_others(saved, names_after):
    before, after, *tickets = saved
    names, _ = names_after(before, after, *tickets)
    assert names == ["[erased]", "Bo"]


def test_the_log_of_now_destroys_what_old_keys_would_bring_back(saved, names_after):
    before, after, *tickets = saved
    names, said = names_after(after, before, *tickets)
    assert names == ["[erased]", "Bo"]
    assert "1 keys of erased persons were destroyed again" in said


def test_a_log_without_any_keys_has_nobody_and_says_so(saved, names_after):
    before, _, *tickets = saved
    (before / KEYS).unlink()
    names, said = names_after(before, None, *tickets)
    assert names == ["[erased]", "[erased]"]
    assert "personal data will read [erased]" in said[0]
