import argparse
import re
import subprocess
import sys

import pytest

from stix_shifter.cli.app import make_parser
from stix_shifter.cli.arguments import UsageError
from stix_shifter.cli.commands import COMMANDS, Listed


def parsed(*words: str) -> argparse.Namespace:
    found: argparse.Namespace = make_parser().parse_args(list(words))
    return found


@pytest.mark.parametrize("place", range(9))
def test_debug_may_stand_anywhere(place: int) -> None:
    words = ["translate", "mysql", "query", "{}", "[a:b = 1]", '{"table": "t"}', "500", "-x"]
    words.insert(place, "-d")
    args = parsed(*words)
    assert (args.debug, args.options, args.recursion_limit, args.stix_validator) == (
        True,
        '{"table": "t"}',
        500,
        True,
    )


@pytest.mark.parametrize("place", range(1, 8))
def test_a_flag_with_a_value_may_stand_between_positional_arguments(place: int) -> None:
    words = ["execute", "t", "l", "{}", "{}", "{}", "[a:b = 1]"]
    words[place:place] = ["-r", "5"]
    args = parsed(*words)
    assert (args.results, args.pattern) == (5, "[a:b = 1]")


def test_debug_is_off_unless_asked_for() -> None:
    assert parsed("modules").debug is False


def test_words_behind_two_dashes_are_arguments() -> None:
    assert (
        parsed("translate", "--stream", "--", "m", "query", "{}", "-- comment\nselect 1").data
        == "-- comment\nselect 1"
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["nonsense"], "nonsense"),
        (["translate", "mysql"], "type"),
        (["translate", "mysql", "nonsense", "{}", ""], "nonsense"),
        (["translate", "mysql", "query", "{}", "[a:b = 1]", "{}", "many"], "recursion_limit"),
        (["translate", "mysql", "query", "{}", "[a:b = 1]", "{}", "5", "more"], "more"),
        (["transmit", "m", "{}", "{}"], "<operation>"),
        (["transmit", "m", "{}", "{}", "nonsense"], "nonsense"),
        (["transmit", "m", "{}", "{}", "results", "id", "-1", "5"], "offset"),
        (["transmit", "m", "{}", "{}", "results", "id", "0", "five"], "length"),
        (["execute", "m", "m", "{}", "{}", "{}", "[a:b = 1]", "-r", "0"], "-r"),
        (["execute", "m", "m", "{}", "{}", "{}", "[a:b = 1]", "--timeout", "nan"], "timeout"),
        (["execute", "m", "m", "{}", "{}", "{}", "[a:b = 1]", "-r"], "-r"),
        (["modules", "--frobnicate"], "--frobnicate"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_argument(words: list[str], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_parser().parse_args(words)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_every_command_teaches_by_example(
    command: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    name = command.name
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args([name, "--help"])
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert "examples:\n" in text
    assert f"stix-shifter {name} " in text.partition("examples:")[2]


@pytest.mark.parametrize("listed", COMMANDS, ids=lambda listed: listed.name)
def test_the_list_of_commands_says_what_each_command_says(listed: Listed) -> None:
    command = listed.load()
    assert (listed.name, listed.summary) == (command.name, command.summary)


def test_only_the_command_that_is_named_is_imported() -> None:
    names = "[name for name in sys.modules if name.startswith('stix_shifter.cli.')]"
    code = f"import sys\nfrom stix_shifter.cli.app import main\nmain({{}})\nprint({names}, file=sys.stderr)"
    words = ["mapping", "no_such"]
    done = subprocess.run(
        [sys.executable, "-c", code.format(words)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "stix_shifter.cli.mapping" in done.stderr
    assert not {"translate", "hunt", "transmit", "host"} & set(re.findall(r"cli\.(\w+)", done.stderr))


def test_a_command_is_found_behind_a_word_that_names_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed("mapping", "hunt").module == "hunt"
    words = ["mapping", "hunt"]
    assert make_parser(words).parse_args(words).command == "mapping"
