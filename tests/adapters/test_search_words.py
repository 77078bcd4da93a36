"""What is looked for finds what is written, however each of them is written."""

import pytest

from domain.errors import InvalidError
from infra.projections.search.folding import fold
from infra.projections.search.words import MOST_BYTES, asked, words


def plain(word: str) -> str:
    """In place of a keyed token, which a test cannot read."""
    return word


def finds(q: str, *texts: str) -> bool:
    """As PostgreSQL answers `@@`."""
    kept = words(texts, plain)
    return all(part.strip("'") in kept for part in asked(q, plain).split(" & "))


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("CAFÉ", "Chambéry café"),
        ("cafe\u0301", "Chambéry café"),
        ("café", "cafe\u0301 au lait"),
        ("cafe", "Café"),
        ("ＡＢＣ１２３", "order abc123"),
        ("abc123", "单号ＡＢＣ１２３"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("ガ", "ｶﾞｲﾄﾞ"),
        ("STRASSE", "Goethestraße 5, Straße"),
        ("lodz", "Łódź"),
        ("退款", "客户要求退款单"),
        ("款单", "客户要求退款单"),
        ("客户要求退款单", "客户要求退款单"),
        ("退款單", "退款单已寄出"),
        ("退款单", "退款單已寄出"),
        ("軟體", "软体更新"),
        ("线", "斷綫了"),
        ("裏", "包裝裡"),
        ("单", "退款单"),
        ("退", "退款单"),
        ("환불", "환불을 요청합니다"),
        ("ได้", "ไม่ได้รับ"),
        ("print", "The printers are on fire"),
        ("lina@shop.example", "mail from lina@shop.example"),
        ("921", "921"),
        ("printer 退款", "退款: the printer is broken"),
        ("iPhone手机", "我的iPhone手机坏了"),
        ("🔥", "printer 🔥"),
    ],
)
def test_it_is_found(q, text):
    assert finds(q, text)


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("单退", "退款单"),
        ("921", "INC0000921"),
        ("92", "921"),
        ("printer 退款", "the printer is broken"),
        ("か", "が"),
        ("it", "items"),
    ],
)
def test_it_is_not_found(q, text):
    assert not finds(q, text)


def test_a_part_of_a_text_folds_as_it_does_in_the_whole():
    # By phrase 乾隆 keeps its first character, alone it is simplified.
    text = "乾隆年間 乾燥 頭髮 發票"
    assert fold(text) == "".join(map(fold, text))


@pytest.mark.parametrize("q", ["%", "''", "___", " ！？ ", "& | !"])
def test_a_question_without_a_word_is_refused_and_named(q):
    with pytest.raises(InvalidError) as refused:
        asked(q, plain)
    assert [e.pointer for e in refused.value.errors] == ["?q"]
    assert repr(q) in str(refused.value)


def test_what_is_kept_of_a_very_long_text_is_bounded():
    text = " ".join(f"word{n}" for n in range(200_000))
    kept = words([text], plain)
    assert sum(len(word) + 4 for word in kept) <= MOST_BYTES
    assert kept[0] == "wor"
