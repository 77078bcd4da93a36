"""The page that verifies in the browser, in a real one: what it says is what verify.py
says. It needs Chromium: apt-get install chromium.
"""

import base64
import hashlib
import re
import shutil
from dataclasses import replace

import pytest
from playwright.sync_api import sync_playwright

from api.audit.verifier_page import page as the_page
from infra.audit.offline.verify import Fault, lines, verify
from tests.support.broken_bundles import BROKEN
from tests.support.bundles import Bench, Signer, zipped
from tests.support.files import ROOT

FILE = ROOT / "api" / "audit" / "verifier.html"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("these tests need Chromium: apt-get install chromium")
    with sync_playwright() as made:
        yield made.chromium.launch(executable_path=found, args=ARGUMENTS)


@pytest.fixture
def page(browser):
    """From disk; whatever it asks of anybody is a fault."""
    with browser.new_context(locale="en-GB") as context:
        made, asked = context.new_page(), []
        made.on("request", lambda request: asked.append(request.url))
        made.goto(FILE.as_uri())
        made.wait_for_selector("html[data-ready=yes]")
        yield made
        assert asked == [FILE.as_uri()]


@pytest.fixture
def bench():
    return Bench()


def told(page, path):
    """The line that the page shows for a bundle."""
    page.set_input_files("#file", path)
    page.wait_for_selector("#verdict:not([hidden])")
    return page.inner_text("#line")


def by_program(path, **options):
    try:
        return next(lines(verify(path, **options)))
    except Fault as fault:
        return str(fault)


@pytest.mark.parametrize("personal", ["masked", "clear"])
def test_an_intact_bundle_is_said_to_be_intact(page, bench, tmp_path, personal):
    path = zipped(replace(bench, personal=personal).files(), tmp_path / "b.zip")
    assert told(page, path) == by_program(path)
    assert page.inner_text("#headline") == "Intact"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 11])
def test_a_tree_of_any_size_is_recomputed(page, bench, tmp_path, size):
    bench.log, bench.scope = bench.log[:size], {"tickets": ["t1"]}
    path = zipped(bench.files(), tmp_path / "b.zip")
    assert told(page, path).startswith("intact: ")


def test_what_is_broken_is_named_in_the_words_of_the_program(page, tmp_path):
    for name, broken in BROKEN.items():
        bench = Bench()
        path = zipped(broken(bench), tmp_path / "b.zip")
        expected = by_program(path)
        assert not expected.startswith("intact"), name
        assert told(page, path) == expected, name


def test_so_is_what_contradicts_what_is_known(page, bench, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("\n".join(bench.checkpoint(size) for size in (3, 7, 9)))
    state = bench.log[4].state.replace(b'"ann"', b'"bob"')
    bench.log[4] = replace(bench.log[4], state=state)
    path = zipped(bench.files(), tmp_path / "b.zip")
    assert told(page, path).startswith("intact")
    page.click("summary")
    page.fill("#known", known.read_text())
    assert told(page, path) == by_program(path, known=known)
    assert page.inner_text("#headline") == "Fork"


def test_a_key_that_is_known_is_believed_before_that_of_the_bundle(
    page, bench, tmp_path
):
    forger = replace(bench, signer=Signer(bench.signer.name))
    path = zipped(forger.files(), tmp_path / "b.zip")
    page.click("summary")
    page.fill("#logkey", bench.signer.vkey)
    assert told(page, path) == by_program(path, log_key=bench.signer.vkey)
    assert page.inner_text("#headline") == "Signature"


def test_what_is_no_bundle_at_all(page, tmp_path):
    path = tmp_path / "b.zip"
    path.write_bytes(b"hello")
    assert told(page, path).startswith("usage: ")
    path.write_bytes(b"PK" + bytes(100))
    assert told(page, path) == by_program(path)


def test_it_speaks_the_language_of_the_browser(browser):
    with browser.new_context(locale="zh-CN") as context:
        made = context.new_page()
        made.goto(FILE.as_uri())
        assert made.inner_text("h1") == "校验 Pledge 导出包"
        made.click("#language")
        assert made.inner_text("h1") == "Verify an export of Pledge"


def test_a_browser_without_ed25519_is_told_so(browser):
    with browser.new_context(locale="en-GB") as context:
        made = context.new_page()
        made.add_init_script("crypto.subtle.importKey = () => Promise.reject()")
        made.goto(FILE.as_uri())
        made.wait_for_selector("#unable:not([hidden])")
        assert "no Ed25519" in made.inner_text("#unable")


@pytest.mark.parametrize("width", [375, 1920])
def test_nothing_is_wider_than_the_screen(page, bench, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 900})
    told(page, zipped(bench.files(), tmp_path / "b.zip"))
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_its_policy_allows_this_script_and_style_and_nothing_else():
    text, headers = the_page()
    policy = headers["Content-Security-Policy"]
    for tag in ("script", "style"):
        [inner] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = hashlib.sha256(inner.encode()).digest()
        allowed = f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'"
        assert f"{allowed};" in policy, f"write it into the page: {allowed}"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
