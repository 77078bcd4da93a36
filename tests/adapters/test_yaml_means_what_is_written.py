"""YAML is read by 1.2's core schema; what could mean something else is refused with its
place, and no name is lost.
"""

import json

import pytest

from api.http.json_text import UnreadableTextError, read_json
from api.http.yaml_output import write_yaml
from api.http.yaml_text import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, word) for word in (
            "no", "No", "NO", "yes", "y", "n", "on", "off", "1:30", "1_000", "0b11",
            "2026-10-01", "2026-10-01T09:00:00Z", "=", "0o9", "0xZ", "1.2.3", ".", "-",
            "nULL", "tRUE", "售后",
        ) if word != "-"],
        ("null", None), ("~", None), ("", None), ("true", True), ("False", False),
        ("10", 10), ("-3", -3), ("+5", 5), ("0", 0), ("0o10", 8), ("0x1F", 31),
        (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), ("-1.5E-2", -0.015),
        ('"010"', "010"), ("'null'", "null"), ("!!str 010", "010"), ("! 7", "7"),
        ("!!int 7", 7), ("!!float 7", 7), ("!!null null", None), ("!!bool true", True),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_a_value_is_what_is_written(text, value):
    found = read_yaml(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_name_is_the_text_that_is_written():
    text = "no: 1\non: 2\n010: 3\nnull: 4\n1: 5\ntrue: 6\n2026-10-01: 7\n1:30: 8\n"
    names = ["no", "on", "010", "null", "1", "true", "2026-10-01", "1:30"]
    assert list(read_yaml(text)) == names


def test_an_alias_is_what_it_names():
    text = "a: &x {n: [1]}\nb: *x\nc: &y hi\nd: *y\n"
    assert read_yaml(text) == {"a": {"n": [1]}, "b": {"n": [1]}, "c": "hi", "d": "hi"}


def test_json_is_yaml_too():
    value = {"a\t": ["\U0001f642", 1e3, None, {"b": "\\/"}]}
    assert read_yaml(json.dumps(value).encode()) == value
    assert read_yaml(json.dumps(value, indent="\t")) == value


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("teams:\n  night: {a: 1}\n  night: {b: 2}\n",
         ("line 3, column 3: /teams/night stands twice in the same object,"
         " first in line 2")),
        ("a: {b: [{c: 1, c: 2}]}", "line 1, column 16: /a/b/0/c stands twice"),
        ("é: 1\ne\u0301: 2", "line 2, column 1: /e\u0301 stands twice"),
        ('{"a": 1, "a": 2}', "/a: stands twice in the same object"),
        ("a: 010", ('line 1, column 4: 010 is 10 to some and octal to others:'
                   ' write 10, 0o… or "010"')),
        ("a: .nan", "line 1, column 4: .nan is not JSON"),
        ("a: -.inf", "line 1, column 4: -.inf is not JSON"),
        ("a: 1e999", "line 1, column 4: 1e999 is too large a number"),
        ("a: " + "9" * 5000, "line 1, column 4: a number has too many digits"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "line 3, column 3: merge keys (<<)"),
        ("a: !!binary aGk=", "line 1, column 4: the tag !!binary is not read"),
        ("a: !!python/name:os.system x", "the tag !!python/name:os.system is not read"),
        ("a: !!set {x, y}", "line 1, column 4: the tag !!set is not read"),
        ("a: !!timestamp 2026-10-01", "the tag !!timestamp is not read"),
        ("a: !mine x", "the tag !mine is not read"),
        ("a: !!int x", "line 1, column 4: 'x' is no !!int"),
        ("? [a]\n: b", "line 1, column 3: a name must be a text"),
        ("{a: b}: c", "line 1, column 1: a name must be a text"),
        ("&x a: b\n*x : c", "line 2, column 1: the alias *x cannot be a name"),
        ("~: b", "line 1, column 1: a name is missing before ':'"),
        ("a: *x", "line 1, column 4: there is no &x above"),
        ("a: &x [*x]", "line 1, column 8: *x stands in what it names"),
        (BOMB, "with its aliases it is larger than 1,000,000"),
        ("a:\n\tb: 1", "line 2, column 1: a tab cannot indent: use spaces"),
        ("a: @x", "line 1, column 4: this character cannot begin a text"),
        ("a: b: c", "line 1, column 5: a ':' cannot stand here"),
        ("a: [1", "a ',' or the closing ']' is missing"),
        ("a: {b: 1", "a ',' or the closing '}' is missing"),
        ("a: 'x", "a quote is not closed"),
        ("a:\n  b: 1\n c: 2\n", "the indentation does not fit"),
        ("a: 1\n---\nb: 2", "only one document is read"),
        ("%YAML 1.1\n---\na: yes", "only YAML 1.2 is read"),
        ("[" * 50_000, "nested deeper than 64 levels"),
        ("- " * 50_000, "line 1, column 129: nested deeper than 64 levels"),
        ("{a: " * 50_000, "nested deeper than 64 levels"),
        (b"a: \xff", "byte 3 is no text in UTF-8"),
        ("a: \x01", "is a control character"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_what_could_mean_something_else_is_refused_with_its_place(text, said):
    with pytest.raises(UnreadableTextError) as refused:
        read_yaml(text)
    assert said in str(refused.value)
    assert "byte string" not in str(refused.value)


def test_where_a_name_stands_twice_its_pointer_is_said():
    with pytest.raises(UnreadableTextError) as refused:
        read_yaml("teams:\n  a/b: {}\n  a/b: {}\n")
    [error] = refused.value.errors
    assert (error.pointer, error.code) == ("/teams/a~1b", "duplicate")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "/a: stands twice in the same object"),
        ('{"t": [{}, {"x": {"b": 1, "c": 2, "b": 3}}]}', "/t/1/x/b: stands twice"),
        ('{"\u00e9": 1, "e\u0301": 2}', "stands twice"),
        ("{", "line 1, column 2: a name in double quotes is missing"),
        ('{"a": }', "line 1, column 7: a value is missing"),
        ('{"a": 1,}', "line 1, column"),
        ('{"a": 1} x', "line 1, column 10: something stands after the end"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "a number has too many digits"),
        (b'"\xff"', "byte 1 is not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_json_that_cannot_be_read_is_refused_with_its_place(text, said):
    with pytest.raises(UnreadableTextError) as refused:
        read_json(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["no", "~", "", "<<", "1e3", "0o17", "010", ".inf", "1:30", "2026-10-01", "- a",
     "a: b", "#x", "\U0001f600", "a\nb\n", "a\r\nb\r\n", " a\n", "\n\na", "k" * 300],
)  # fmt: skip
def test_a_text_that_looks_like_something_else_stays_text(text):
    value = {"a": text, text: [text]}
    assert read_yaml(write_yaml(value)) == value


def test_written_text_can_be_read_by_people_of_any_script():
    text = "您好 😀\nwir melden uns\n"
    value = {"macros": {"回访": {"reply": text, "tags": ["售后", "回访"]}}}
    assert write_yaml(value) == (
        "macros:\n"
        "  回访:\n"
        "    reply: |\n"
        "      您好 😀\n"
        "      wir melden uns\n"
        "    tags: [售后, 回访]\n"
    )
