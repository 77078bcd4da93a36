"""Whatever is wrong in a document, reading it names all of it, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.reader import Reader
from domain.errors import InvalidError

READ = {
    "word": lambda value: value.one_of(("low", "high")),
    "length": Reader.duration,
    "count": lambda value: value.number(0, 100),
    "agent": lambda value: value.name("agents"),
}
RIGHT = [("word", "low"), ("length", "PT5M"), ("count", 3), ("agent", "ann")]
WRONG = [("word", "lwo"), ("word", []), ("length", "soon"), ("count", 300)]
NAMES = st.text(max_size=3) | st.sampled_from(["a/b", "~", "a~1"])
DOCUMENTS = st.recursive(
    st.sampled_from([*RIGHT, *WRONG]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner),
    max_leaves=20,
)


def written(document):
    """Of each value what stands there, without what is expected of it."""
    match document:
        case list():
            return [written(item) for item in document]
        case dict():
            return {name: written(member) for name, member in document.items()}
        case _:
            return document[1]


def values(document):
    if isinstance(document, tuple):
        return [document]
    inner = document.values() if isinstance(document, dict) else document
    return [value for one in inner for value in values(one)]


def read(document, reader):
    if isinstance(document, tuple):
        READ[document[0]](reader)
        return
    found = reader.items() if isinstance(document, list) else reader.members().values()
    inner = document if isinstance(document, list) else document.values()
    for one, place in zip(inner, found, strict=True):
        read(one, place)


def at(document, pointer):
    """As RFC 6901 says."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        document = document[int(name) if isinstance(document, list) else name]
    return document


@given(DOCUMENTS)
def test_all_faults_are_named_in_the_order_of_the_document(document):
    reader = Reader(written(document))
    read(document, reader)
    pointers = [error.pointer for error in reader.errors]
    wrong = [value for _, value in filter(WRONG.__contains__, values(document))]
    assert [at(reader.value, pointer) for pointer in pointers] == wrong
    assert len({*pointers}) == len(pointers)


@given(DOCUMENTS)
def test_names_are_known_whatever_else_is_wrong(document):
    reader = Reader(written(document))
    read(document, reader)
    pointers = [pointer for pointer, *_ in reader.references]
    named = [value for word, value in values(document) if word == "agent"]
    assert [at(reader.value, pointer) for pointer in pointers] == named
    assert {kind for _, kind, _ in reader.references} <= {"agents"}


@given(DOCUMENTS)
def test_a_document_with_a_fault_has_no_meaning(document):
    reader = Reader(written(document))
    read(document, reader)
    if not reader.errors:
        assert reader.finished("meaning") == "meaning"
        return
    with pytest.raises(InvalidError) as refused:
        reader.finished("meaning")
    assert [*refused.value.errors] == reader.errors
