"""Recurrence rules (RFC 5545) in words, as far as agreements use them; of others the rule itself is shown."""

from typing import Final

from sepakat_document.speech import Speech

_UNITS: Final = {
    "DAILY": (("day", "days"), "hari"),
    "WEEKLY": (("week", "weeks"), "pekan"),
    "MONTHLY": (("month", "months"), "bulan"),
    "YEARLY": (("year", "years"), "tahun"),
}
_DAYS: Final = {"MO": "mon", "TU": "tue", "WE": "wed", "TH": "thu", "FR": "fri", "SA": "sat", "SU": "sun"}
_ORDINALS: Final = {
    "1": ("first", "pertama"),
    "2": ("second", "kedua"),
    "3": ("third", "ketiga"),
    "4": ("fourth", "keempat"),
    "5": ("fifth", "kelima"),
    "-1": ("last", "terakhir"),
}


def in_words(speech: Speech, rule: str) -> str:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    (one, many), unit = _UNITS.get(parts.pop("FREQ", ""), (("", ""), ""))
    interval = parts.pop("INTERVAL", "1")
    said = speech.say(
        "every {unit}" if interval == "1" else "every {n} {units}",
        "setiap {unit}" if interval == "1" else "setiap {n} {unit}",
        n=interval,
        units=many,
        unit=speech.say(one, unit),
    )
    days = parts.pop("BYDAY", None)
    if days is not None:
        named = [_day(speech, each) for each in days.split(",")]
        if None in named:
            return rule.replace(";", "; ")
        said += speech.say(", on {days}", ", pada {days}", days=speech.list(str(each) for each in named))
    numbers = parts.pop("BYMONTHDAY", None)
    if numbers is not None:
        said += speech.say(", on day {n}", ", pada tanggal {n}", n=speech.list(numbers.split(",")))
    count = parts.pop("COUNT", None)
    if count is not None:
        said += speech.say(", {n} times", ", {n} kali", n=count)
    return rule.replace(";", "; ") if parts or not unit else said


def _day(speech: Speech, written: str) -> str | None:
    order, name = written[:-2], written[-2:]
    if name not in _DAYS or (order and order not in _ORDINALS):
        return None
    day = speech.days(_DAYS[name])
    return speech.say("the {nth} {day}", "{day} {nth}", nth=speech.say(*_ORDINALS[order]), day=day) if order else day
