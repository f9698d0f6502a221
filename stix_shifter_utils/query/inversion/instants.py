"""The inverter for timestamps, and the bounds that a time window means for a native field of time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.mapping import Kind, Relation
from stix_shifter_utils.pattern import Binary, Hex, Timestamp
from stix_shifter_utils.pattern.instants import EPOCH, instant_of, read_instant
from stix_shifter_utils.query.conditions import Between, Bound, Choice, Fixed, OneOf, View
from stix_shifter_utils.query.inversion.base import OPPOSITE, Inverter, Ways
from stix_shifter_utils.query.inversion.texts import TextInverter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import ObjectPath, TimeWindow
    from stix_shifter_utils.pattern.instants import Instant
    from stix_shifter_utils.query.model import Case

ROUNDED: Final = "times are cut or rounded on their way"
_MS_US: Final = 1000
_DIGITS: Final = 6
_SCALES: Final = {Kind.EPOCH_S: 1, Kind.EPOCH_MS: 1000}
_BY_RELATION: Final = {Relation.EPOCH_S: 1, Relation.EPOCH_MS: 1000}


def scale_of(binding: FieldBinding) -> int | None:
    """Native units per second of a field that counts time from 1970; None for one that does not."""
    return _BY_RELATION.get(binding.relation) or _SCALES.get(binding.kind.kind)


def count(instant: Instant, scale: int) -> Decimal:
    """The native number of an instant; exact, whatever its fraction."""
    moment, digits = instant
    since = moment - EPOCH
    seconds = Decimal(since.days * 86_400 + since.seconds) + Decimal(f"0.{digits or 0}")
    return seconds * scale


class Clock:
    """How a native field writes time: bounds for instants, from a margin before to a margin behind.

    `is_counted`: numbers since 1970. `is_text`: ISO text, whose bounds are whole seconds. Else a type of
    the source.
    """

    def __init__(self, binding: FieldBinding) -> None:
        self.scale = scale_of(binding)
        self.is_text = self.scale is None and binding.kind.kind is Kind.TIMESTAMP_TEXT
        self.is_known = (
            self.scale is not None or self.is_text or binding.kind.kind in {Kind.TIMESTAMP, Kind.UNKNOWN}
        )

    def low(self, instant: Instant, margin_us: int = 0) -> Bound:
        """A bound not above anything that becomes this instant or a later one."""
        if self.scale is not None:
            return count(instant, self.scale) - Decimal(margin_us * self.scale) / 1_000_000
        if self.is_text:
            return instant[0].isoformat()
        return _shifted(_moment(instant), -margin_us)

    def high(self, instant: Instant, margin_us: int = 0) -> Bound:
        """A bound not below anything that becomes an instant before this one, or with a margin this one."""
        if self.scale is not None:
            return count(instant, self.scale) + Decimal(margin_us * self.scale) / 1_000_000
        if self.is_text:
            return _shifted(instant[0], 1_000_000 if instant[1] or margin_us else 0).isoformat()
        return _shifted(_moment(instant), margin_us)


def _shifted(moment: datetime, microseconds: int) -> datetime:
    """A moment a little earlier or later, as far as the calendar goes."""
    try:
        return moment + timedelta(microseconds=microseconds)
    except OverflowError:
        return moment


def _moment(instant: Instant) -> datetime:
    moment, digits = instant
    return moment.replace(microsecond=int(digits[:6].ljust(6, "0")), tzinfo=timezone.utc)


def window_demand(binding: FieldBinding, window: TimeWindow) -> tuple[Between, bool] | None:
    """The bounds of a window, [start, stop), and whether they are just the window; None for an unknown clock.

    They are just the window for bounds of whole units: microseconds, or seconds where time is text.
    """
    clock = Clock(binding)
    if not clock.is_known:
        return None
    unit = timedelta(seconds=1) if clock.is_text else timedelta(microseconds=1)
    start, stop = window.start, window.stop
    exact = all(moment is None or not (moment - _START) % unit for moment in (start, stop))
    low = None if start is None else clock.low(_instant(start - (start - _START) % unit))
    high = None if stop is None else clock.high(_instant(stop + (_START - stop) % unit))
    stated = binding.kind.kind is not Kind.UNKNOWN
    return Between(low, high, high_included=False), exact and stated


_START: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _instant(moment: datetime) -> Instant:
    return moment.replace(tzinfo=None, microsecond=0), f"{moment.microsecond:06}".rstrip("0")


class InstantInverter(Inverter):
    """Timestamps in results, whatever the source keeps: numbers, a type of its own, or text."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        self.clock = Clock(binding)
        unit_us = binding.property.unit_us if binding.property else 1
        counted = self.kind is Kind.EPOCH_MS and binding.relation is Relation.EPOCH_MS and unit_us <= _MS_US
        typed = self.kind is Kind.TIMESTAMP and self.clock.scale is None and unit_us == 1
        self.is_counted, self.is_precise = counted, counted or typed
        self.margin_us = 0 if self.is_precise else unit_us
        untold = self.kind is Kind.UNKNOWN and checked
        as_number = self.clock.scale is not None and (untold or self.kind in {Kind.TEXT, Kind.TEXT_NOCASE})
        self.view = View.NUMBER if as_number else View.VALUE
        self.is_readable = self.clock.is_known and (self.clock.scale is not None or not untold)

    def exists(self) -> Ways:
        ways = super().exists()
        return ways if self.is_precise else self.present("the value may be no time")

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        instants = [instant_of(value) for value in values if isinstance(value, Timestamp)]
        texts = [value for value in values if isinstance(value, str)]
        if any(isinstance(value, (Hex, Binary)) for value in values):
            return self.present("the value is text in results, and a time in the source")
        if texts and negated:
            return self.present("the value is text in results, and a time in the source")
        wanted = instants + [instant for text in texts if (instant := read_instant(text)) is not None]
        if not wanted:
            return self.exists() if negated else Fixed.NEVER
        if not self.is_readable:
            return self.present("how the source writes this time is not known")
        if self.is_counted:
            return self._equal_counts(
                wanted, negated=negated, reason="the text has to be the same too" if texts else ""
            )
        return self._around(wanted, negated=negated)

    def _equal_counts(self, wanted: list[Instant], *, negated: bool, reason: str) -> Ways:
        counts = [count(instant, 1000) for instant in wanted]
        whole = tuple(int(number) for number in counts if number == number.to_integral_value())
        if not whole:
            return self.exists() if negated else Fixed.NEVER
        return (self.way(OneOf(whole), negated=negated, reason=reason),)

    def _around(self, wanted: list[Instant], *, negated: bool) -> Ways:
        if negated and (self.checked or len(wanted) > 1):
            return self.present(ROUNDED)
        low, high, margin = self.clock.low, self.clock.high, self.margin_us
        conditions = tuple(
            self.condition(
                Between(
                    low(each, margin),
                    high(each, margin or 1),
                    high_included=margin > 0 and not self.clock.is_text,
                ),
                view=self.view,
                negated=negated,
            )
            for each in wanted
        )
        return (Choice(conditions, exact=False, reason=self.doubt or ROUNDED),)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        if isinstance(value, (str, Hex, Binary)):
            return self.present("the value is text in results, and a time in the source")
        if not isinstance(value, Timestamp):
            return self.incompatible(negated=negated)
        if not self.is_readable:
            return self.present("how the source writes this time is not known")
        if negated:
            sign = OPPOSITE[sign]
        instant = instant_of(value)
        finer = self.clock.scale is None and len(instant[1]) > _DIGITS
        margin = max(self.margin_us, int(finer))
        included = "=" in sign or margin > 0
        if sign[0] == "<":
            demand = Between(
                None, self.clock.high(instant, margin), high_included=included and not self.clock.is_text
            )
        else:
            demand = Between(self.clock.low(instant, margin), None, low_included=included)
        return (self.way(demand, view=self.view, reason=ROUNDED if margin else ""),)

    def like(self, pattern: str, *, negated: bool) -> Ways:
        return self.present("the value is text in results, and a time in the source")

    def matches(self, expression: str, *, negated: bool) -> Ways:
        return self.present("the value is text in results, and a time in the source")

    def in_block(self, text: str, *, negated: bool, inside: bool) -> Ways:
        return self.exists() if negated else Fixed.NEVER


class TimestampTextInverter(TextInverter):
    """Timestamps that stay the text that they are in the source: text for text, times for timestamps."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        self.times = InstantInverter(binding, path, case=case, checked=checked)

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        if any(isinstance(value, Timestamp) for value in values):
            return self.times.equal(values, negated=negated)
        return super().equal(values, negated=negated)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        if isinstance(value, Timestamp):
            return (
                self.present(ROUNDED)
                if negated and self.checked
                else self.times.ordered(sign, value, negated=negated)
            )
        return super().ordered(sign, value, negated=negated)
