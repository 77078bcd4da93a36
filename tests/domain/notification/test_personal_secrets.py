"""Each person's webhook has a secret of its own, which nobody keeps."""

import json

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import InvalidError
from domain.notification.signing import personal_secret
from tests.support.documents import parse_preferences

KEY = b"the key of this installation"


def test_it_is_derived_as_rfc_5869_says():
    info = json.dumps(["ann", 3]).encode()
    other = HKDF(SHA256(), 32, salt=b"pledge: webhooks of people", info=info)
    assert personal_secret(KEY, "ann", 3).key == other.derive(KEY)


def test_it_is_another_one_for_each_person_version_and_installation():
    made = [
        personal_secret(key, person, version).key
        for key in (KEY, b"another")
        for person, version in [("ann", 1), ("ann", 2), ("bo", 1), ("ann1", 1)]
    ]
    assert len(set(made)) == len(made)
    assert personal_secret(KEY, "ann", 1).key == made[0]


@pytest.mark.parametrize("version", [0, -1, 1.5, "2", True, None])
def test_a_version_that_is_no_whole_number_from_1_is_named(version):
    document = {"notify": {"webhook_secret_version": version}}
    with pytest.raises(InvalidError) as found:
        parse_preferences("ann", document)
    assert [e.pointer for e in found.value.errors] == ["/notify/webhook_secret_version"]


def test_without_a_version_it_is_the_first():
    assert parse_preferences("ann", {}).secret_version == 1
