"""One's own words and names may be of any script; what nobody could read is refused."""

import pytest

from domain.own_words import folded, normal, word_fault


@pytest.mark.parametrize(
    "word",
    [
        "printer", "VIP", "after_sales", "v1.2-beta", "7", "a" * 64,
        "售后", "退款", "打印机", "サポート", "고객", "возврат", "πελάτης", "مرتجع",
        "ग्राहक", "ลูกค้า", "Chambéry", "β-test", "Straße", "𠮷野家", "售后_VIP",
    ],
)  # fmt: skip
def test_a_word_of_any_script_is_taken(word):
    assert word_fault(normal(word)) is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "must not be empty"),
        ("a" * 65, "has 65 characters: at most 64 are allowed"),
        ("first line", "'first line' holds a space at 5"),
        ("a/b", "'/' at 1"),
        ("..", "must begin with a letter or a digit"),
        ("_x", "must begin with a letter or a digit"),
        ("\u0301a", "must begin with a letter or a digit"),
        ("a\u200bb", "ZERO WIDTH SPACE (U+200B) at 1"),
        ("a\u200db", "ZERO WIDTH JOINER (U+200D) at 1"),
        ("\u202evip", "RIGHT-TO-LEFT OVERRIDE (U+202E) at 0"),
        ("\u2066vip", "LEFT-TO-RIGHT ISOLATE (U+2066) at 0"),
        ("\ufeffvip", "ZERO WIDTH NO-BREAK SPACE (U+FEFF) at 0"),
        ("vip\u00ad", "SOFT HYPHEN (U+00AD) at 3"),
        ("vip\ufe0f", "VARIATION SELECTOR-16 (U+FE0F) at 3"),
        ("vip\u3164", "HANGUL FILLER (U+3164) at 3"),
        ("a\tb", "a character without a name (U+0009) at 1"),
        ("a\ue000", "a character without a name (U+E000) at 1"),
        ("售后🙂", "SLIGHTLY SMILING FACE (U+1F642) at 2"),
        ("v\u0456p", "cyrillic small letter byelorussian-ukrainian i at 1"),
        ("\u0391dmin", "greek capital letter alpha at 0"),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_cannot_be_read_or_told_apart_is_refused_by_name(word, said):
    assert said in word_fault(normal(word))


def test_a_word_is_the_same_however_it_was_typed():
    assert normal("Chambe\u0301ry") == normal("Chamb\u00e9ry") == "Chamb\u00e9ry"
    assert normal("\u1112\u1161\u11ab") == "\ud55c"


def test_the_length_is_counted_in_characters_of_the_normal_form():
    assert word_fault(normal("e\u0301" * 64)) is None
    assert word_fault("售" * 64) is None


def test_names_that_differ_in_case_or_width_only_are_told_to_be_alike():
    assert folded("VIP") == folded("vip") == folded("\uff36\uff29\uff30")
    assert folded("售后") != folded("售前")
