"""The texts: complete, alike in every language, and silent where they must be."""

from __future__ import annotations

import pytest

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import Catalogue, CatalogueFaulty, catalogues, compared
from konbini.protocol.errors import Code

NEVER_AT_A_KIOSK = range(800, 900), range(1000, 1700)
"""Codes of the clerk, the registry, the verifier, the keeper, the service page, the logs (konbini.protocol.errors)."""


def catalogue(language: Language, **texts: str) -> Catalogue:
    """Return a small catalogue."""
    return Catalogue(language=language, texts=texts)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_every_code_has_its_sentences(code: Code, language: Language) -> None:
    """What happened and what to do next, in the code's own words, for everything that can reach a kiosk."""
    texts = catalogues()[language]
    assert texts.text(texts.sentence_key(code, "what"))
    assert texts.text(texts.sentence_key(code, "next"))
    if not any(code in codes for codes in NEVER_AT_A_KIOSK):
        assert f"code.{code.name}.what" in texts.texts
        assert f"code.{code.name}.next" in texts.texts


def test_no_sentence_without_a_code() -> None:
    """A code that was removed leaves no text behind."""
    known = {f"code.{code.name}.{part}" for code in Code for part in ("what", "next")}
    for each in catalogues().values():
        assert {key for key in each.texts if key.startswith("code.")} <= known


def test_a_code_that_cannot_come_is_said_as_internal() -> None:
    """Whatever a kiosk was not meant to see tells the resident nothing of the inside."""
    for texts in catalogues().values():
        assert texts.sentence_key(Code.SUBJECT_MISMATCH, "what") == "code.INTERNAL.what"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.JAPANESE, ("支援", "保護", "転出", "死亡", "制限", "理由")),
        (Language.PLAIN_JAPANESE, ("しえん", "まもる", "ひっこし", "なくなった", "から", "りゆう")),
        (Language.ENGLISH, ("protect", "moved", "died", "restrict", "reason", "because")),
        (Language.SIMPLIFIED_CHINESE, ("支援", "保护", "迁", "死亡", "限制", "原因", "因为")),
        (Language.KOREAN, ("지원", "보호", "전출", "사망", "제한", "이유", "때문")),
        (Language.VIETNAMESE, ("bảo vệ", "chuyển", "chết", "hạn chế", "lý do", "vì")),
        (Language.TRADITIONAL_CHINESE, ("支援", "保護", "遷", "死亡", "限制", "原因", "因為")),
        (Language.PORTUGUESE, ("prote", "mudou", "morreu", "restri", "motivo", "porque")),
        (Language.SPANISH, ("prote", "mudó", "murió", "restri", "motivo", "porque")),
        (Language.FILIPINO, ("protek", "lumipat", "namatay", "dahil")),
        (Language.NEPALI, ("संरक्षण", "सरेको", "मृत्यु", "कारण")),
        (Language.INDONESIAN, ("lindung", "pindah", "meninggal", "batas", "alasan", "karena")),
        (Language.THAI, ("คุ้มครอง", "ย้าย", "เสียชีวิต", "จำกัด", "เหตุผล", "เพราะ")),
        (Language.BURMESE, ("ကာကွယ်", "ပြောင်း", "သေဆုံး", "ကန့်သတ်", "ကြောင့်")),
    ],
)
def test_ask_at_the_counter_never_says_why(language: Language, words: tuple[str, ...]) -> None:
    """The same words serve several reasons, a protective measure (支援措置) among them."""
    texts = catalogues()[language]
    said = "".join(texts.text(texts.sentence_key(Code.ASK_AT_COUNTER, part)) for part in ("what", "next")).lower()
    assert not [word for word in words if word in said]


def test_a_missing_key_is_found() -> None:
    """A text that one language lacks stops the start."""
    with pytest.raises(CatalogueFaulty, match="not in every language"):
        compared(
            {
                Language.JAPANESE: catalogue(Language.JAPANESE, a="あ", b="い"),
                Language.ENGLISH: catalogue(Language.ENGLISH, a="a"),
            }
        )


def test_another_placeholder_is_found() -> None:
    """A figure that one language forgets stops the start."""
    with pytest.raises(CatalogueFaulty, match="placeholders"):
        compared(
            {
                Language.JAPANESE: catalogue(Language.JAPANESE, fee="{amount}円"),
                Language.ENGLISH: catalogue(Language.ENGLISH, fee="yen"),
            }
        )


def test_an_unknown_text_is_an_error() -> None:
    """A page never shows an empty place."""
    with pytest.raises(KeyError):
        catalogues()[Language.JAPANESE].text("no.such.text")
