"""A regular expression that waits is the one that it stands for."""

import re

import pytest

from stix_shifter_utils.expressions import expression


def test_its_methods_are_those_of_the_compiled_one() -> None:
    waiting, compiled = expression("(a+)(b)?", re.IGNORECASE), re.compile("(a+)(b)?", re.IGNORECASE)
    for text in ("", "AAb", "xaab", "b"):
        for name in ("match", "fullmatch", "search"):
            found, wanted = getattr(waiting, name)(text), getattr(compiled, name)(text)
            assert (found and found.span(2)) == (wanted and wanted.span(2))
        assert waiting.sub("-", text) == compiled.sub("-", text)
        assert waiting.findall(text) == compiled.findall(text)
    assert waiting.pattern == compiled.pattern
    assert waiting.flags == compiled.flags


def test_it_is_compiled_once_and_not_before_it_is_used() -> None:
    wrong = expression("(")
    with pytest.raises(re.error, match="missing"):
        wrong.match("x")
    right = expression("a")
    assert right.match is right.match
