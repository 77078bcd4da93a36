"""The quick copy does what the library's does."""

from dataclasses import dataclass, replace

import pytest

from domain import copies


@dataclass(frozen=True, kw_only=True)
class Thing:
    name: str
    size: int = 1


def test_a_copy_is_what_the_library_makes():
    thing = Thing(name="a")
    assert copies.replace(thing, size=2) == replace(thing, size=2)


def test_the_original_stays_as_it_was():
    thing = Thing(name="a")
    copies.replace(thing, size=2)
    assert thing == Thing(name="a")


def test_a_field_that_is_none_is_refused():
    with pytest.raises(TypeError, match="Thing has no field colour"):
        copies.replace(Thing(name="a"), colour="red")
