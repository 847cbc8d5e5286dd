"""How one reader's language and time zone write things: labels, instants, lengths, figures, money."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from pydantic import TypeAdapter, ValidationError

from sepakat_shared.contracts.compliance import Money
from sepakat_shared.contracts.fact import Title

LANGUAGES = ("en", "id")
_LABELS = {
    "agreement": {"en": "Agreement", "id": "Perjanjian"},
    "version": {"en": "Version", "id": "Versi"},
    "service": {"en": "Service", "id": "Layanan"},
    "incident": {"en": "Incident", "id": "Insiden"},
    "dispute": {"en": "Dispute", "id": "Sengketa"},
    "raised_by": {"en": "Raised by", "id": "Diajukan oleh"},
    "evidence": {"en": "Evidence", "id": "Bukti"},
    "read_dispute": {"en": "To read all of it", "id": "Untuk membaca semuanya"},
    "accept_asked": {"en": "To accept what is asked", "id": "Untuk menerima yang diminta"},
    "answer_dispute": {"en": "To refuse it, or to offer a part", "id": "Untuk menolak, atau menawarkan sebagian"},
    "accept_offer": {"en": "To accept the other party's offer", "id": "Untuk menerima tawaran pihak lain"},
    "counter_offer": {"en": "To make another offer", "id": "Untuk mengajukan tawaran lain"},
    "decide_dispute": {"en": "To decide it (upheld, partly or rejected)",
                       "id": "Untuk memutuskannya (upheld, partly, atau rejected)"},
    "by_when": {"en": "Time ends", "id": "Batas waktu"},
    "priority": {"en": "Priority", "id": "Prioritas"},
    "since": {"en": "Affected since", "id": "Terdampak sejak"},
    "answer_by": {"en": "Please answer by", "id": "Mohon dijawab sebelum"},
    "objective": {"en": "Objective", "id": "Sasaran"},
    "measured": {"en": "Measured", "id": "Terukur"},
    "before": {"en": "Figure before", "id": "Angka sebelumnya"},
    "corrected": {"en": "Corrected figure", "id": "Angka setelah dikoreksi"},
    "agreed": {"en": "Agreed figure", "id": "Angka yang disepakati"},
    "target": {"en": "Target", "id": "Target"},
    "from": {"en": "From", "id": "Dari"},
    "until": {"en": "Until", "id": "Sampai"},
    "period": {"en": "Period", "id": "Periode"},
    "left": {"en": "Loss still permitted", "id": "Kerugian yang masih diizinkan"},
    "credit": {"en": "Service credit", "id": "Kredit layanan"},
    "credit_so_far": {"en": "Service credit so far", "id": "Kredit layanan sementara"},
    "amount": {"en": "Amount owed", "id": "Jumlah terutang"},
    "outstanding": {"en": "Outstanding", "id": "Belum dilunasi"},
    "claim_until": {"en": "To be claimed before", "id": "Diklaim sebelum"},
    "owed_by": {"en": "Owed by", "id": "Kewajiban"},
    "due_by": {"en": "Due by", "id": "Jatuh tempo"},
    "review": {"en": "Review", "id": "Tinjauan"},
    "meeting": {"en": "Meeting", "id": "Pertemuan"},
    "button": {"en": "I take care of it", "id": "Saya tangani"},
    "consent": {"en": "Agree", "id": "Setuju"},
    "refuse": {"en": "Refuse", "id": "Tolak"},
    "join": {"en": "I help with it", "id": "Saya ikut membantu"},
    "snooze": {"en": "Put it off", "id": "Tunda"},
    "resolve": {"en": "It is over", "id": "Sudah selesai"},
    "give_feedback": {"en": "Say what you think", "id": "Sampaikan pendapat"},
    "read_report": {"en": "Read the report", "id": "Baca laporan"},
    "month": {"en": "Month", "id": "Bulan"},
    "missed_targets": {"en": "Targets missed", "id": "Target tidak terpenuhi"},
    "incidents": {"en": "Incidents", "id": "Insiden"},
    "credits": {"en": "Service credits", "id": "Kredit layanan"},
    "unsubscribe": {"en": "No more news by mail", "id": "Berhenti menerima kabar"},
    "reason": {"en": "You get this message as {}, under the agreement {}.",
               "id": "Anda menerima pesan ini sebagai {}, menurut perjanjian {}."},
}  # fmt: skip


_DURATION = TypeAdapter(timedelta)
_PHRASES = {
    "incident_of": {"en": "Incident {} ({})", "id": "Insiden {} ({})"},
}  # fmt: skip
_CLOCKS = {
    "first-response": {"en": "first response", "id": "tanggapan pertama"},
    "restore": {"en": "restoration", "id": "pemulihan"},
    "resolve": {"en": "resolution", "id": "penyelesaian"},
    "update": {"en": "progress notes", "id": "kabar perkembangan"},
}  # fmt: skip


_LEAST = timedelta(milliseconds=1)
_SHORT = timedelta(days=2)
_YEAR = timedelta(days=360)


def _is_midnight(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether a day begins there: where the clocks skip midnight, it begins with the hour after."""
    day = instant.astimezone(zone).date()
    return instant == datetime.combine(day, time.min, zone).astimezone(UTC)


class Words:
    """How one reader's language and zone write things, and the zone that an agreement's days are in."""

    def __init__(self, language: str, time_zone: str, agreement_zone: str | None = None) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._zone = ZoneInfo(time_zone)
        self._agreement_zone = ZoneInfo(agreement_zone or time_zone)

    def label(self, name: str) -> str:
        return _LABELS[name][self.language]

    def phrase(self, name: str) -> str:
        return _PHRASES[name][self.language]

    def title(self, title: Title | None, otherwise: str) -> str:
        return title.in_language(self.language, otherwise) if title else otherwise

    def when(self, instant: datetime) -> str:
        date = format_datetime(instant, "d MMM y, HH:mm:ss", tzinfo=self._zone, locale=self.language)
        return f"{date} {instant.astimezone(self._zone).tzname()}"

    def day(self, instant: datetime) -> str:
        return format_datetime(instant, "d MMM y", tzinfo=self._zone, locale=self.language)

    def period(self, start: datetime, end: datetime) -> str:
        """What is before `end`: a day, a month or a year by its name, in the zone where it is one."""
        first, last = (each.astimezone(self._agreement_zone) for each in (start, end - _LEAST))
        if not all(_is_midnight(each, self._agreement_zone) for each in (start, end)):
            if end - start < _SHORT:
                return f"{self.when(start)} – {self.when(end)}"
            return f"{self._date_of(first)} – {self._date_of(last)}"
        if first.date() == last.date():
            return self._date_of(first, "d MMMM y")
        days = (first.month, first.day, last.month, last.day)
        if first.year == last.year and days == (1, 1, 12, 31):
            return self._date_of(first, "y")
        if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.month == last.month and end - start < _YEAR:
            return self._date_of(first, "MMMM y")
        return f"{self._date_of(first)} – {self._date_of(last)}"

    def _date_of(self, at: datetime, pattern: str = "d MMM y") -> str:
        return str(format_date(at.date(), pattern, locale=self.language))

    def month(self, name: str) -> str:
        """A month of a text (`2026-03`)."""
        return str(format_date(date.fromisoformat(f"{name}-01"), "MMMM y", locale=self.language))

    def date(self, day: date) -> str:
        """A day of a text, which is the same in every zone."""
        return str(format_date(day, "d MMM y", locale=self.language))

    def decimal(self, value: str) -> str:
        """All digits that are there: 99.951 must not become 100."""
        digits = len(value.partition(".")[2])
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(Decimal(value), format=pattern, locale=self.language)

    def length(self, seconds: str) -> str:
        """A duration in its two greatest units, rounded down."""
        left = int(Decimal(seconds))
        parts: list[str] = []
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
            count, left = divmod(left, size)
            if count or (unit == "second" and not parts):
                parts.append(str(format_unit(count, f"duration-{unit}", "long", locale=self.language)))
        return " ".join(parts[:2])

    def span(self, duration: str) -> str:
        """A duration of ISO 8601 (`PT2M`), in words; what is no such length of time, as it is."""
        try:
            return self.length(str(_DURATION.validate_python(duration).total_seconds()))
        except ValidationError:
            return duration

    def clock(self, name: str) -> str:
        """What a clock of an incident measures."""
        return _CLOCKS[name][self.language] if name in _CLOCKS else name

    def money(self, money: Money) -> str:
        return str(format_currency(Decimal(money.amount), money.currency, locale=self.language))
