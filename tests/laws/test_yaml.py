"""Whatever is written as YAML is read back the same."""

from hypothesis import given
from hypothesis import strategies as st

from api.http.yaml_output import write_yaml
from api.http.yaml_text import read_yaml
from domain.own_words import normal

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS.map(normal), inner),
)


@given(st.dictionaries(TEXTS.map(normal), VALUES))
def test_what_is_written_is_read_back_the_same(value):
    assert read_yaml(write_yaml(value)) == value
