"""How dates, numbers, amounts and durations are said in a language: by the Unicode CLDR, through Babel."""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts import DAYS

Language = Literal["en", "id"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "id")
_LOCALES: Final = {"en": Locale("en", "GB"), "id": Locale("id", "ID")}
_SPAN: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
_UNITS: Final = ("duration-year", "duration-month", "duration-week", "duration-day")


@dataclass(frozen=True)
class Speech:
    """One of the languages that the document is written in."""

    language: Language

    @property
    def _locale(self) -> Locale:
        return _LOCALES[self.language]

    def say(self, en: str, id: str, /, **named: str) -> str:
        """The sentence in this language, with what is named put in."""
        return (en if self.language == "en" else id).format(**named)

    def words(self, title: Title | None, otherwise: str) -> str:
        return otherwise if title is None else title.in_language(self.language, otherwise)

    # -- numbers -------------------------------------------------------------------------------------------------------

    def number(self, value: Decimal | int) -> str:
        return str(format_decimal(value, format="#,##0.##########", locale=self._locale))

    def percent(self, value: Decimal | int) -> str:
        """`value` in percent, with as many decimals as it has."""
        return str(format_percent(Decimal(value) / 100, format="#,##0.##########%", locale=self._locale))

    def rounded_percent(self, share: Fraction) -> str:
        """A share (0 to 1) in percent with four decimals, half to even, as figures are shown everywhere."""
        scaled = round(share * 1_000_000)
        return str(format_percent(Decimal(scaled) / 1_000_000, format="#,##0.0000%", locale=self._locale))

    def money(self, amount: Decimal, currency: str) -> str:
        exact = Decimal(amount)
        whole = exact == exact.to_integral_value()
        pattern = "¤¤ #,##0" if whole else "¤¤ #,##0.00######"
        said = format_currency(exact, currency, format=pattern, locale=self._locale, currency_digits=False)
        return str(said).replace(" ", "\u00a0")

    # -- time ----------------------------------------------------------------------------------------------------------

    def date(self, day: datetime.date) -> str:
        return str(format_date(day, format="d MMMM y", locale=self._locale))

    def month(self, day: datetime.date) -> str:
        return str(format_date(day, format="MMMM y", locale=self._locale))

    def instant(self, at: datetime.datetime) -> str:
        """Date and time with the offset that it was written with."""
        return str(
            format_datetime(
                at,
                format=self.say("d MMMM y HH:mm 'UTC'xxx", "d MMMM y HH.mm 'UTC'xxx"),
                locale=self._locale,
                tzinfo=at.tzinfo,
            )
        )

    def duration(self, value: datetime.timedelta) -> str:
        """In words, exactly: days, hours, minutes and seconds."""
        milliseconds = value // datetime.timedelta(milliseconds=1)
        days, rest = divmod(milliseconds, 86_400_000)
        hours, rest = divmod(rest, 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        seconds = Decimal(rest) / 1000
        counted = (("day", Decimal(days)), ("hour", Decimal(hours)), ("minute", Decimal(minutes)), ("second", seconds))
        return self._together(
            [self._unit(n, f"duration-{name}") for name, n in counted if n]
            or [self._unit(Decimal(0), "duration-second")]
        )

    def span(self, value: str) -> str:
        """An ISO 8601 span of years, months, weeks or days."""
        found = _SPAN.fullmatch(value)
        counts = found.groups() if found is not None else ()
        return self._together([self._unit(Decimal(n), unit) for n, unit in zip(counts, _UNITS, strict=False) if n])

    def each(self, value: str) -> str:
        """A duration after `every`: `hour` for `1 hour`."""
        one, _, unit = value.partition("\u00a0")
        return unit if one == "1" and " " not in value else value

    def _unit(self, count: Decimal, unit: str) -> str:
        number = int(count) if count == count.to_integral_value() else count
        return str(format_unit(number, unit, length="long", locale=self._locale)).replace(" ", "\u00a0")

    def _together(self, parts: Sequence[str]) -> str:
        return " ".join(parts)

    def country(self, code: str) -> str:
        return str(self._locale.territories.get(code, code))

    def list(self, parts: Iterable[str]) -> str:
        """`a, b and c`."""
        return str(format_list(list(parts), style="standard", locale=self._locale))

    def choice(self, parts: Iterable[str]) -> str:
        """`a, b or c`."""
        return str(format_list(list(parts), style="or", locale=self._locale))

    def days(self, named: str) -> str:
        """`mon` or `mon-thu` as the names of days."""
        first, _, last = named.partition("-")
        names = get_day_names("wide", locale=self._locale)
        said = str(names[DAYS.index(first)])
        return f"{said}\u2013{names[DAYS.index(last)]}" if last else said

    def hours(self, intervals: Iterable[str]) -> str:
        """`08:00-11:30` with the mark that this language has between hours and minutes."""
        mark = self.say(":", ".")
        return ", ".join(each.replace(":", mark).replace("-", "\u2013") for each in intervals)
