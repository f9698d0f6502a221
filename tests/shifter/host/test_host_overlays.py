"""Overlays in requests to a host: their files are places, what stands in them is none."""

from __future__ import annotations

import os
from typing import Any

import pytest

from stix_shifter.host.places import overlay_files, places_of

INLINE = {"rename": {"host.name": "url"}, "to_stix": {"host": {"key": "url.value"}}}


@pytest.mark.parametrize(
    ("overlays", "files"),
    [("/etc/passwd", ["/etc/passwd"]), ([INLINE, "a.yaml"], ["a.yaml"]), (INLINE, []), (None, [])],
)
def test_the_files_of_overlays_are_places_and_their_content_is_not(overlays: Any, files: list[str]) -> None:
    options = {"overlays": overlays}
    assert overlay_files(options) == files
    found = places_of("splunk", {"host": "db.example.com", "options": options}, {})
    assert found == ["db.example.com", *(f"file:{os.path.realpath(name)}" for name in files)]
