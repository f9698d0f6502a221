"""The page of a hunt as text: one file, one island of data that no value can leave, a policy that fits."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import random
import re
import tracemalloc
from html.parser import HTMLParser
from typing import Any

import pytest

from stix_shifter.hunt import HuntReport, hunt, write_page

from .conftest import EVIL, WINDOW, MakeBundle, Twisted, network_event

PATTERN = f"[network-traffic:dst_port = 443] {WINDOW}"


class Page(HTMLParser):
    """The scripts, styles and tags of a page, as a browser splits them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag = self.tags[-1][0] if self.tags else ""
        if tag in {"script", "style"} and data.strip():
            self.raw.append((tag, data))

    @property
    def data(self) -> Any:
        return json.loads(self.raw[1][1])


def written(report: Any) -> str:
    out = io.BytesIO()
    write_page(report, out)
    return out.getvalue().decode("utf-8")


@pytest.fixture
def report(bundle_source: MakeBundle) -> HuntReport:
    return hunt(PATTERN, [bundle_source("partner", map(network_event, range(30)))])


def test_the_page_holds_every_object_the_ledger_and_the_matches(report: HuntReport) -> None:
    data = Page(written(report)).data
    wanted = {item["id"]: item for item in report if item["type"] not in {"note", "identity"}}
    assert {item["id"]: item for item in data["objects"]} == wanted
    assert len(data["objects"]) == len(wanted) > 30
    assert data["ledger"] == json.loads(json.dumps(report.ledger.to_json()))
    assert [tuple(match) for match in data["matches"]] == list(report.matches())


def test_the_page_asks_for_nothing_outside_of_it(report: HuntReport) -> None:
    text = written(report)
    page = Page(text)
    assert not [
        attrs for _, attrs in page.tags if "src" in attrs or attrs.get("href", "data:")[:1] not in "#d"
    ]
    code = "".join(raw for number, (_, raw) in enumerate(page.raw) if number != 1)
    assert set(re.findall(r"https?://[^\s\"'`]+", code)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(|import\(|@import|url\((?!#)|fetch\(|XMLHttp",
        code,
    )


def test_the_policy_allows_the_page_s_own_script_and_style_and_nothing_else(report: HuntReport) -> None:
    page = Page(written(report))
    (policy,) = [
        attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().partition(" ")[::2] for rule in str(policy).split(";"))

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    (style, _, script) = [raw for _, raw in page.raw]
    assert rules["default-src"] == "'none'"
    assert (rules["style-src"], rules["script-src"]) == (digest(style), digest(script))


@pytest.mark.parametrize("evil", EVIL)
def test_no_value_leaves_the_data(report: HuntReport, evil: str) -> None:
    plain = Page(written(report))
    twisted = Twisted(report, lambda text, key: f"{text}{evil}")
    page = Page(written(twisted))
    assert page.tags == plain.tags
    assert [raw for raw in page.raw if raw != page.raw[1]] == [
        raw for raw in plain.raw if raw != plain.raw[1]
    ]
    assert page.data["ledger"] == twisted.to_json()
    assert page.data["objects"] == [
        item for item in twisted.objects() if item["type"] not in {"note", "identity"}
    ]


def test_what_no_browser_can_hold_is_told_as_text(report: HuntReport) -> None:
    odd = Twisted(report, lambda text, key: text)
    odd.objects = lambda: iter(
        [{"type": "x-odd", "id": "x-odd--1", "big": 2**63, "half": "a\ud800b", "none": float("nan")}]
    )  # type: ignore[method-assign]  # a stand-in
    (item,) = Page(written(odd)).data["objects"]
    assert item == {"type": "x-odd", "id": "x-odd--1", "big": str(2**63), "half": "a\\ud800b", "none": None}


def unpacked(text: str) -> tuple[Any, list[Any]]:
    """The readable data of a page, and the objects that are packed in it."""
    page = Page(text)
    ((_, packed),) = [one for one in page.raw if one[1] is page.raw[2][1]]
    return page.data, json.loads(gzip.decompress(base64.b64decode(packed, validate=True)))


@pytest.mark.parametrize("evil", ["", *EVIL[:6]])
def test_many_objects_are_packed_whole_and_the_same_bytes_each_time(
    report: HuntReport, monkeypatch: pytest.MonkeyPatch, evil: str
) -> None:
    monkeypatch.setattr("stix_shifter.hunt.web_page.MOST_READABLE", 2000)
    twisted = Twisted(report, lambda text, key: f"{text}{evil}")
    text = written(twisted)
    data, objects = unpacked(text)
    assert set(data) == {"ledger", "matches"}
    assert objects == [item for item in twisted.objects() if item["type"] not in {"note", "identity"}]
    assert len(objects) > 30
    assert written(twisted) == text
    kinds = [attrs.get("type") for tag, attrs in Page(text).tags if tag == "script"]
    assert kinds == ["application/json", "text/plain", None]


def test_the_page_grows_by_what_is_written_and_not_in_memory(report: HuntReport) -> None:
    class Watched(io.RawIOBase):
        largest = total = 0

        def write(self, data: Any) -> int:
            self.largest, self.total = max(self.largest, len(data)), self.total + len(data)
            return len(data)

    chance = random.Random(3)
    many = Twisted(report, lambda text, key: text)
    made = (
        {"type": "x-odd", "id": f"x-odd--{n}", "text": chance.randbytes(250).hex()} for n in range(20_000)
    )
    many.objects = lambda: made  # type: ignore[method-assign]  # a stand-in
    out = Watched()
    tracemalloc.start()
    try:
        write_page(many, out)  # type: ignore[arg-type]  # anything that can be written to
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert out.total > 6_000_000
    assert out.largest < 200_000
    assert peak < 8_000_000  # the objects are 11 MB
