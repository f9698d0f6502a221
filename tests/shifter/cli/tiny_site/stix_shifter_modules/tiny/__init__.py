"""A source for the tests of the command line: its native queries say how it shall behave."""
