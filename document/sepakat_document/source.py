"""What a document is written from: the signed text, and what is known beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sepakat_document.speech import Speech
from sepakat_shared.contracts.texts import Agreement, Calendar, Indicator, Objective, Party


@dataclass(frozen=True)
class Signature:
    """What a party has signed: when (in words), with which key."""

    party: str
    contact: str
    key: str
    signature: str
    at: str


@dataclass(frozen=True)
class Source:
    """`parties` and `indicators` may be missing: then their ids stand for them. `numbers` are those of the articles."""

    text: Agreement
    speech: Speech
    parties: Mapping[str, Party] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    signatures: Sequence[Signature] = ()
    version: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)

    def say(self, en: str, id: str, /, **named: str) -> str:
        return self.speech.say(en, id, **named)

    def party(self, id: str) -> str:
        known = self.parties.get(id)
        return known.name if known is not None else id

    def role(self, party: str) -> str:
        """`the Provider` or `the Customer`."""
        if party == self.text.parties.provider:
            return self.say("the Provider", "Penyedia")
        return self.say("the Customer", "Pelanggan")

    def person(self, contact: str, of: str | None = None) -> str:
        """A contact's name with what they are, or the id where nothing else is known; `of` is the party, if one is."""
        for id, party in self.parties.items():
            for each in party.contacts if of in (None, id) else ():
                if each.id == contact:
                    return f"{each.name} ({each.title})" if each.title else each.name
        return contact

    def told(self, id: str) -> str:
        """Whom a level tells: a contact, or whoever a rotation has on call."""
        rotation = next((each for each in self.text.rotations or () if each.id == id), None)
        if rotation is None:
            return self.person(id)
        title = self.speech.words(rotation.title, id)
        return self.say("whoever is on call in “{title}”", "petugas siaga dalam “{title}”", title=title)

    def objective(self, id: str) -> str:
        """An objective's or obligation's title; an objective's with the clause where it stands."""
        for i, objective in enumerate(self.text.objectives, start=1):
            if objective.id == id:
                title = self.title(objective)
                return f"{title} ({self.clause('levels', i)})"
        for i, obligation in enumerate(self.text.obligations, start=1):
            if obligation.id == id:
                words = self.speech.words(obligation.text, id)
                return f"{words} ({self.clause('obligations', i)})"
        return id

    def title(self, objective: Objective) -> str:
        return self.speech.words(objective.title, self._described(objective))

    def _described(self, objective: Objective) -> str:
        """What stands for the title of an objective that has none."""
        clock = objective.clock
        until = {
            "responded": ("First response", "Tanggapan pertama"),
            "restored": ("Restoration", "Pemulihan"),
            "resolved": ("Resolution", "Penyelesaian"),
            "up": ("Recovery", "Pemulihan"),
            "down": ("Time between failures", "Waktu antarkegagalan"),
            "opened": ("Time between incidents", "Waktu antarinsiden"),
        }
        if clock is not None and clock.until in until:
            said, priority = self.say(*until[clock.until]), objective.where.get("priority")
            return f"{said}, {priority}" if priority else said
        measured = objective.indicator.partition("/")[2]
        plain = {
            "time": ("Availability", "Ketersediaan"),
            "occurrences": ("Success rate", "Tingkat keberhasilan"),
            "share": ("Share within the limit", "Proporsi dalam batas"),
            "mean": (f"Mean of {measured}", f"Rata-rata {measured}"),
        }
        if objective.measure == "percentile":
            return self.say("Percentile {p}", "Persentil {p}", p=self.speech.number(objective.percentile or 0))
        return self.say(*plain.get(objective.measure, ("Availability", "Ketersediaan")))

    def service(self, objective: Objective) -> str:
        found = self.text.service_of(objective, self.indicators.get(objective.indicator))
        return self.speech.words(found.description, found.id)

    def article(self, name: str) -> str:
        return self.say("Article {n}", "Pasal {n}", n=str(self.numbers[name]))

    def clause(self, name: str, n: int) -> str:
        return self.say("Clause {n}", "Pasal {n}", n=f"{self.numbers[name]}.{n}")

    def calendar(self, id: str) -> str:
        """Hours that count, in words that fit into a sentence."""
        if id == "24x7":
            return self.say("around the clock, every day", "sepanjang waktu, setiap hari")
        where = (
            self.clause("hours", [each.id for each in self.text.calendars].index(id) + 1)
            if "hours" in self.numbers
            else id
        )
        return self.say("the hours “{id}” of {where}", "jam layanan “{id}” menurut {where}", id=id, where=where)

    def during(self, id: str) -> str:
        """The same behind a verb."""
        return self.calendar(id) if id == "24x7" else self.say("in {hours}", "pada {hours}", hours=self.calendar(id))

    def calendar_of(self, id: str) -> Calendar | None:
        return next((each for each in self.text.calendars if each.id == id), None)

    def quantity(self, amount: Decimal | timedelta, unit: str | None) -> str:
        """A limit's number with its unit, or its duration."""
        if isinstance(amount, timedelta):
            return self.speech.duration(amount)
        return f"{self.speech.number(amount)}\u00a0{unit}" if unit else self.speech.number(amount)
