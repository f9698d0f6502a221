"""The page of a hunt in a real browser: nothing runs, nothing is fetched, all can be reached by keys."""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import HuntReport, hunt, write_page

from .conftest import EVIL, WINDOW, Tables, Twisted, host_event, network_event, table_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = None if CHROMIUM else "no chromium found; install the package chromium"
if find_spec("playwright") is None:
    MISSING = "the Python package playwright is not installed"
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(MISSING), reason=str(MISSING))]
PATTERN = f"([network-traffic:dst_port = 443] FOLLOWEDBY [file:name = 'cmd.exe']) WITHIN 300 SECONDS {WINDOW}"
MONTH = "START t'2024-01-01T00:00:00Z' STOP t'2024-02-01T00:00:00Z'"
TABS = ("story", "matches", "things", "graph", "sources", "queries")
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def report() -> HuntReport:
    """A hunt over two products, one that refuses and one that answers nothing."""
    with (
        Tables(map(network_event, range(60)), map(host_event, range(30))) as one,
        Tables(map(network_event, range(40, 90)), map(host_event, range(20, 50))) as other,
    ):
        sources = [
            table_source("edr", one),
            table_source("proxy", other),
            table_source("firewall", other, password="wr0ng-password"),
        ]
        return hunt(PATTERN, sources)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """`opened(report)`: the page, on which nothing may go wrong and which may ask for nothing."""
    wrong: list[str] = []
    pages = []

    def open_page(report: Any, **more: Any) -> Page:
        path = tmp_path / f"report{len(pages)}.html"
        with path.open("wb") as file:
            write_page(report, file)
        page = browser.new_page(**more)
        page.set_default_timeout(20_000)
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on("dialog", lambda dialog: (wrong.append("a dialog"), dialog.dismiss()))
        page.on(
            "request", lambda request: request.url == path.as_uri() or wrong.append(f"asks for {request.url}")
        )
        page.goto(path.as_uri())
        until(
            page,
            "performance.getEntriesByName('hunt-open').length || !document.getElementById('failed').hidden",
        )
        return page

    yield open_page
    for page in pages:
        page.close()
    assert wrong == []


def until(page: Page, condition: str) -> None:
    """Wait for a condition; by asking again, since the page's policy forbids what would watch inside it."""
    deadline = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"it never came: {condition}"
        time.sleep(0.02)


def rows(page: Page, view: str = "story") -> Any:
    return page.locator(f"#view-{view} tr.row")


def test_a_report_tells_what_was_asked_what_came_and_what_failed(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    assert page.locator("#pattern").inner_text() == PATTERN
    figures = page.locator("#figures").inner_text()
    assert f"{report.ledger.matched}\nof {report.ledger.rows} rows read" in figures
    assert "2 of 3\n1 failed" in figures
    assert "1 source did not answer all that was asked" in page.locator("#verdict").inner_text()
    assert page.locator(".lane").all_inner_texts()[2].split("\n") == ["firewall", "failed"]
    assert page.locator(".track .unknown").count() == 1
    page.click("#tab-sources")
    assert page.locator("details.source .state").all_inner_texts() == ["answered", "answered", "failed"]
    page.click("details.source summary")
    page.locator("details.source[open] table").first.wait_for()
    assert "network-traffic:dst_port = 443" in page.locator("details.source[open]").inner_text()
    page.click("#tab-queries")
    bodies = [search.query for entry in report.ledger.sources for search in entry.searches]
    assert page.locator(".query pre").all_inner_texts() == bodies


def test_tables_sort_by_their_headers_and_say_so(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    head = page.locator("#view-story th").nth(1)
    times = [cell.split()[0] for cell in page.locator("#view-story td.time").all_inner_texts()]
    assert times == sorted(times)
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    first = page.locator("#view-story td.by").first.inner_text()
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert (first, page.locator("#view-story td.by").first.inner_text()) == ("edr", "proxy")


def test_one_filter_holds_for_all_views(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    stories = [item for item in report if item["type"] == "observed-data"]
    by_id = {item["id"]: item for item in report}
    with_file = [
        one for one in stories if any(by_id[name].get("name") == "cmd.exe" for name in one["object_refs"])
    ]
    assert 0 < len(with_file) < len(stories)
    page.fill("#words", "CMD.exe")
    until(page, f"document.querySelector('#count').textContent.startsWith('{len(with_file)} of')")
    assert int(page.locator("#view-story table").get_attribute("aria-rowcount") or 0) == len(with_file) + 1
    page.fill("#words", "-cmd.exe")
    rest = len(stories) - len(with_file)
    until(page, f"document.querySelector('#count').textContent.startsWith('{rest} of')")
    page.fill("#words", "")
    page.locator(".lane").first.click()
    assert page.locator(".lane").first.get_attribute("aria-pressed") == "false"
    assert set(page.locator("#view-story td.by").all_inner_texts()) == {"proxy"}


def test_a_span_of_time_is_chosen_by_keys_and_by_drawing(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    whole = page.locator("#count").inner_text()
    handle = page.get_by_role("slider", name="End of the span")
    handle.press("Home")
    assert handle.get_attribute("aria-valuetext").endswith("UTC")  # type: ignore[union-attr]  # it is there
    until(page, f"document.querySelector('#count').textContent !== {whole!r}")
    page.click("#whole")
    until(page, f"document.querySelector('#count').textContent === {whole!r}")
    box = page.locator(".track svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10, steps=4)
    page.mouse.up()
    until(page, f"document.querySelector('#count').textContent !== {whole!r}")
    assert page.locator("#whole").is_visible()


def test_keys_walk_rows_open_details_and_come_back(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    page.focus("#tab-story")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-matches"
    page.keyboard.press("Home")
    for _ in range(len(page.locator("#view-story th").all())):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "2"
    page.keyboard.press("End")
    last = int(page.locator("#view-story table").get_attribute("aria-rowcount") or 0)
    assert page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == str(last)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "details-title"
    assert page.locator("#details h3").first.inner_text().startswith("What was seen")
    page.locator("#details button.ref").first.press("Enter")
    assert "seen by" in page.locator("#details-body").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#details").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == str(last - 1)


def test_the_graph_shows_relations_and_leads_to_observations(opened: Open, report: HuntReport) -> None:
    page = opened(report)
    page.click("#tab-graph")
    relations = set(page.locator("#view-graph td:nth-child(2)").all_inner_texts())
    assert {"talks to", "run by"} <= relations
    nodes = page.locator("#view-graph .node")
    assert 10 < nodes.count() <= 60
    nodes.first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.classList.contains('node')")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Only its observations").click()
    assert page.locator("#only").inner_text().startswith("Only with")
    shown, of = (
        int(part) for part in page.locator("#count").inner_text().split(" observations")[0].split(" of ")
    )
    assert 0 < shown < of


def visit(page: Page) -> None:
    """Look into every corner of a page."""
    for tab in TABS:
        found = page.locator(f"#tab-{tab}")
        if not found.count():
            continue
        found.click()
        for row in rows(page, tab).all()[:4]:
            row.click()
            for summary in page.locator("#details summary").all():
                summary.click()
            for ref in page.locator("#details button.ref").all()[:2]:
                if ref.is_visible():
                    ref.click()
            page.keyboard.press("Escape")
        page.locator(f"#view-{tab} details > summary").evaluate_all(
            "all => all.forEach((one) => one.click())"
        )
        for chip in page.locator(f"#view-{tab} .chip").all()[:8]:
            if chip.is_visible():
                chip.click()
    for node in page.locator("#view-graph .node").all()[:3]:
        node.dispatch_event("click")


def everywhere(evil: tuple[str, ...]) -> Callable[[str, str], str]:
    """Every text but ids, times and states with something evil behind it."""
    chance = random.Random(5)
    keep = ("id", "identity", "state", "verdict", "type", "start", "stop", "asked_at")

    def twist(text: str, key: str) -> str:
        if key in keep or key.endswith(("_ref", "_refs", "_observed")):
            return text
        return f"{text} {chance.choice(evil)}"

    return twist


@pytest.mark.parametrize("way", ["behind every text", "instead of every text", "behind, packed"])
def test_hostile_values_never_run_and_never_load(
    opened: Open, report: HuntReport, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    twist = everywhere(EVIL) if way.startswith("behind") else (lambda text, key: chance.choice(EVIL))
    if way == "behind, packed":
        monkeypatch.setattr("stix_shifter.hunt.web_page.MOST_READABLE", 0)
    page = opened(Twisted(report, twist))
    visit(page)
    page.wait_for_timeout(200)
    assert page.evaluate("[window.hit, typeof window.__proto__.polluted]") == [None, "undefined"]
    assert page.locator("iframe, img, object, embed, link[rel=stylesheet]").count() == 0
    assert page.locator("script").count() <= 2
    assert (
        page.locator("a:not(.skip)").evaluate_all(
            "all => all.filter((one) => !/^https?:/.test(one.href) || !one.rel.includes('noopener')).length"
        )
        == 0
    )
    if way.startswith("behind"):
        page.click("#tab-story")
        assert rows(page).count() > 10
        assert page.locator("#failed").is_hidden()


def test_writing_that_hides_or_turns_round_is_shown_as_codes(opened: Open, report: HuntReport) -> None:
    page = opened(Twisted(report, lambda text, key: f"{text}\u202efdp.\x07" if key == "value" else text))
    page.click("#tab-things")
    page.locator("#view-things .chip", has_text="ipv4-addr").click()
    shown = rows(page, "things").first.inner_text()
    assert r"\u{202e}fdp.\u{0007}" in shown
    assert "\u202e" not in page.locator("body").inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_page_is_accessible(opened: Open, report: HuntReport, scheme: Any, width: int) -> None:
    """By axe-core, every view, light and dark, wide and narrow."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("the Python package axe-playwright-python is not installed")
    axe = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    page = opened(report, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    found: list[str] = []
    for tab in TABS:
        page.click(f"#tab-{tab}")
        if tab == "things":
            rows(page, tab).first.click()
        elif tab == "sources":
            page.locator("details.source summary").first.click()
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{tab}: {one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
            for one in result["violations"]
        ]
        page.keyboard.press("Escape")
        assert len(result["passes"]) > 20
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_light_and_dark_follow_the_system_and_the_switch(opened: Open, report: HuntReport) -> None:
    page = opened(report, color_scheme="dark")
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(colour)
    page.select_option("#theme", "light")
    light = page.evaluate(colour)
    assert dark != light
    page.select_option("#theme", "dark")
    assert page.evaluate(colour) == dark
    page.reload()
    assert page.evaluate(colour) == dark


def test_fifty_thousand_objects_open_and_filter(opened: Open) -> None:
    """The times are printed, not asserted: what makes them is the number of elements, which is."""
    events = list(map(network_event, range(16_000)))
    with Tables(events[:8000]) as one, Tables(events[8000:]) as other:
        sources = [table_source("edr", one), table_source("proxy", other)]
        report = hunt(f"[network-traffic:dst_port > 0] {MONTH}", sources)
    count = sum(1 for _ in report)
    assert count > 50_000
    page = opened(report, viewport={"width": 1280, "height": 900})
    assert page.evaluate("document.querySelectorAll('*').length") < 2500
    page.fill("#words", "host3 49160")
    until(page, "performance.getEntriesByName('hunt-filter').length > 1")
    assert not page.locator("#count").inner_text().startswith("16,000")
    page.fill("#words", "")
    until(page, "performance.getEntriesByName('hunt-filter').length > 2")
    page.click("#view-story th:nth-child(3) button")
    page.locator("#view-story .scroll").evaluate("one => { one.scrollTop = one.scrollHeight; }")
    last = "[...document.querySelectorAll('#view-story tr.row')].at(-1).getAttribute('aria-rowindex')"
    until(page, f"{last} === document.querySelector('#view-story table').getAttribute('aria-rowcount')")
    assert page.evaluate(last) == "16001"
    page.click("#tab-graph")
    assert page.evaluate("document.querySelectorAll('*').length") < 2500
    measure = "(one) => [one.name, Math.round(one.startTime + one.duration), Math.round(one.duration)]"
    measures = page.evaluate(f"performance.getEntriesByType('measure').map({measure})")
    begun = next(whole for name, whole, _ in measures if name == "hunt-open")
    filters = [took for name, _, took in measures if name == "hunt-filter"]
    sys.stderr.write(
        f"\n{count} objects: shown {begun} ms after the page was asked for; filters took {filters[1:]} ms\n"
    )
