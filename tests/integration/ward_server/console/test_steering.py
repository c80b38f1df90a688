"""Settings and keys at the console: entered by one, agreed to by another, each refusal on its page."""

from __future__ import annotations

import html
import re

from konbini.protocol.errors import Code
from konbini.simulation.passkeys.browser import Answer, Browser
from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import House, waiting_id
from tests.integration.ward_server.issuing.test_renewing import put_first, wrapping
from tests.integration.ward_server.people import HEAD

FEE = "yen = 200"


async def _people(house: House) -> tuple[Browser, Browser]:
    """Give one who enters, of maintenance, and one who agrees."""
    people = await house.people(mori=Role.MAINTENANCE, bando=Role.APPROVAL)
    return people["mori"], people["bando"]


def _hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


async def _form(browser: Browser, process: str) -> dict[str, str]:
    """Open the form of a change of settings, and give what stands in it."""
    page = await browser.get(f"/act/change-settings?process={process}")
    text = re.search(r'<textarea id="settings_text".*?>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert text is not None
    return {
        "process": process,
        "settings_text": html.unescape(text[1]),
        "instead_of": _hidden(page, "instead_of"),
        "reason": "手数料の改定",
    }


def _changed(form: dict[str, str], old: str, new: str) -> dict[str, str]:
    assert old in form["settings_text"]
    return {**form, "settings_text": form["settings_text"].replace(old, new).replace("\n", "\r\n")}


async def test_settings_are_changed_by_two(house: House) -> None:
    """The form begins with what is in force; both see every line; processes differ until it is changed at each."""
    mori, bando = await _people(house)
    for process in ("issuing", "clerk", "registry"):
        form = _changed(await _form(mori, process), FEE, "yen = 250")
        preview = await mori.prepare("change-settings", **form)
        for shown in ("－ 削除", "＋ 追加", "yen = 200", "yen = 250", "¥200", "¥250"):
            assert shown in preview.text, shown
        decision = waiting_id(await mori.confirm("change-settings", preview))
        assert "設定の変更" in (await bando.get("/decisions")).text
        agreeing = await bando.prepare("agree", process=process, decision=decision, reason="例規を確認")
        assert "yen = 250" in agreeing.text
        assert "mori" in agreeing.text
        assert "実行しました" in (await bando.confirm("agree", agreeing)).text
        for page in ("/settings", "/decisions"):
            assert ("プロセスによって設定が違います" in (await mori.get(page)).text) is (process != "registry"), page
    assert {fee.yen for fee in house.ward.desk.settings.fees if fee.yen != 300} == {250}
    text = await mori.get("/settings/text?process=clerk&number=2")
    assert "yen = 250" in text.text
    assert "－ 削除" in text.text
    assert (await mori.get("/settings/text?process=clerk&number=9")).status != 200


async def test_a_wrong_text_is_refused_before_it_is_signed(house: House) -> None:
    """With entry, reason and line; what was typed still stands in the form, the reason too."""
    mori, _bando = await _people(house)
    refused = await mori.prepare("change-settings", **_changed(await _form(mori, "issuing"), FEE, "yen = 200000"))
    assert refused.status == 400
    assert "この設定は読み取れません" in refused.text
    assert re.search(r"\[\[fees\]\] 1 yen: at most 100000 \(line \d+\)", html.unescape(refused.text))
    assert "yen = 200000</code>" in refused.text
    assert "yen = 200000" in refused.text.partition("<textarea")[2]
    assert 'value="手数料の改定"' in refused.text
    assert "data-passkey" not in refused.text
    huge = {**(await _form(mori, "issuing")), "settings_text": "a" * 25_000}
    assert Code.CHANGE_INVALID.name in (await mori.prepare("change-settings", **huge)).text


async def test_settings_that_changed_meanwhile(house: House) -> None:
    """A form that was opened before, a preview that was shown before, a decision that waited: none is carried out."""
    mori, bando = await _people(house)
    opened = await _form(mori, "issuing")
    late = _changed(opened, FEE, "yen = 300")
    waits = waiting_id(await mori.do("change-settings", **late))
    preview = await mori.prepare("change-settings", **late)
    decision = waiting_id(await mori.do("change-settings", **_changed(opened, FEE, "yen = 250")))
    assert "実行しました" in (await bando.do("agree", process="issuing", decision=decision, reason="確認")).text
    for refused in (
        await mori.prepare("change-settings", **late),
        await mori.confirm("change-settings", preview),
        await bando.prepare("agree", process="issuing", decision=waits, reason="確認"),
    ):
        assert "その間に内容が変わりました" in refused.text
    assert "実行しました" in (await bando.do("decline", process="issuing", decision=waits, reason="古い")).text


async def test_nobody_agrees_to_their_own(house: House) -> None:
    """Supervision may do both, and not to the same; who only enters is not let in."""
    people = await house.people(boss=Role.SUPERVISION, aoki=Role.ENTRY, mori=Role.MAINTENANCE)
    boss = people["boss"]
    decision = waiting_id(await boss.do("change-settings", **_changed(await _form(boss, "clerk"), FEE, "yen = 250")))
    assert (
        "ご自分が入力したものは承認できません"
        in (await boss.do("agree", process="clerk", decision=decision, reason="確認")).text
    )
    assert (await people["aoki"].get("/act/change-settings")).status == 403
    assert (await people["mori"].get(f"/act/agree?process=clerk&decision={decision}")).status == 403


async def test_keys_are_rotated_by_two(house: House) -> None:
    """Ids and counts before, during and after; a list that changed meanwhile is not taken."""
    mori, bando = await _people(house)
    (before,) = wrapping(house.ward)
    put_first(house.ward)
    lists = _hidden(await mori.get("/act/rotate-keys?process=issuing"), "lists")
    preview = await mori.prepare("rotate-keys", process="issuing", lists=lists, reason="年次の切替")
    new = lists.partition("=")[2].split()[0]
    assert before.hex() in preview.text
    assert re.search(rf"これから包む鍵</dt><dd>{new}<", preview.text)
    decision = waiting_id(await mori.confirm("rotate-keys", preview))
    done = await bando.do("agree", process="issuing", decision=decision, reason="確認")
    assert "実行しました" in done.text
    await house.ward.go_on_until(lambda: wrapping(house.ward) == {bytes.fromhex(new)})
    assert "件を包み直し" in (await mori.get("/settings")).text
    put_first(house.ward)
    stale = await mori.prepare("rotate-keys", process="issuing", lists=lists, reason="年次の切替")
    assert "その間に内容が変わりました" in stale.text
    put_first(house.ward, keep=False)
    lists = _hidden(await mori.get("/act/rotate-keys?process=issuing"), "lists")
    lacking = await mori.prepare("rotate-keys", process="issuing", lists=lists, reason="年次の切替")
    assert (lacking.status, "使われている鍵がファイルにありません" in lacking.text) == (400, True)


async def test_message_keys_are_renewed_by_two(house: House) -> None:
    """How many visits end is shown first."""
    mori, bando = await _people(house)
    await house.ward.visit(HEAD).open()
    held = house.ward.desk.prekeys.newest
    preview = await mori.prepare("renew-message-keys", process="issuing", reason="漏えいの疑い")
    assert re.search(r"終わる利用</dt><dd>1<", preview.text)
    decision = waiting_id(await mori.confirm("renew-message-keys", preview))
    agreeing = await bando.prepare("agree", process="issuing", decision=decision, reason="確認")
    assert "通信鍵の作り直し" in agreeing.text
    assert "実行しました" in (await house.finished(bando, "agree", agreeing)).text
    await house.ward.go_on_until(lambda: house.ward.desk.prekeys.newest not in (None, held))
