"""What is different between two texts, clause by clause: as data, and in words of the field. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sepakat_agreements.clauses import clauses
from sepakat_document.fields import label, part
from sepakat_document.speech import Language

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Difference:
    """`pointer` is a JSON Pointer within the clause, empty where all of it came or went; `words` are in English."""

    clause: str
    pointer: str
    kind: Kind
    before: Any
    after: Any
    words: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference, in the order of the texts' clauses. Both as `texts.as_text` writes them."""
    one, other = clauses(before), clauses(after)
    found: list[Difference] = []
    for clause in dict.fromkeys([*one, *other]):
        for path, left, right in _walk((), one.get(clause), other.get(clause)):
            kind: Kind = "added" if left is None else "removed" if right is None else "changed"
            found.append(
                Difference(clause, _pointer(path), kind, left, right, _Said("en").words(clause, path, left, right))
            )
    return found


_Path = tuple[str | int, ...]


def _walk(path: _Path, before: Any, after: Any) -> Iterator[tuple[_Path, Any, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from _walk((*path, name), before.get(name), after.get(name))
    elif _alike(before, after):
        for i, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _walk((*path, i), left, right)
    else:
        yield path, before, after


def _alike(before: Any, after: Any) -> bool:
    """Two lists whose parts stand for each other: steps, tiers and levels go by their place."""
    lists = isinstance(before, list) and isinstance(after, list) and len(before) == len(after)
    return lists and all(isinstance(each, dict) for each in (*before, *after))


def _pointer(path: _Path) -> str:
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in path)


# -- words -------------------------------------------------------------------------------------------------------------

_IN_PERCENT: Final = ("target", "below", "percent", "sliceTarget", "minimumCoverage")
_LANGUAGES: Final = ("en", "id")
_DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?"
)
_WORDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("takesEffect", "at-once"): ("at once", "seketika"),
    ("takesEffect", "next-period"): ("with the next period", "mulai periode berikutnya"),
    ("mode", "automatic"): ("automatic", "otomatis"),
    ("mode", "on-claim"): ("on claim", "atas klaim"),
    ("sameOutage", "highest"): ("the highest", "yang tertinggi"),
    ("sameOutage", "each"): ("each", "masing-masing"),
}
"""By field and value: words of the texts' own, which are no names that somebody gave."""
_UNITS: Final[Mapping[Language, Sequence[str]]] = {
    "en": ("year", "month", "week", "day", "hour", "minute", "second"),
    "id": ("tahun", "bulan", "minggu", "hari", "jam", "menit", "detik"),
}


def in_words(difference: Difference, language: Language) -> str:
    """What is different, as a sentence of that language; names of a text's own stay as they are."""
    parts = [each.replace("~1", "/").replace("~0", "~") for each in difference.pointer.split("/")[1:]]
    path = tuple(int(each) if each.isascii() and each.isdigit() else each for each in parts)
    return _Said(language).words(difference.clause, path, difference.before, difference.after)


@dataclass(frozen=True)
class _Said:
    language: Language

    def say(self, en: str, id: str) -> str:
        return en if self.language == "en" else id

    def words(self, clause: str, path: _Path, before: Any, after: Any) -> str:
        section, _, id = clause.partition("/")
        if not path:
            name = f"{part(section, self.language) or section} {id}" if id else self._label(section)
            if before is None:
                flat = isinstance(after, dict) and not any(isinstance(each, dict | list) for each in after.values())
                told = f": {self._object(after)}" if flat and not id else ""
                return name + self.say(" is added", " ditambahkan") + told
            if after is None:
                return name + self.say(" is removed", " dihapus")
            return f"{name}: {self._value(section, before)} → {self._value(section, after)}"
        field = path[-1] if isinstance(path[-1], str) else path[-2]
        # A section that is a list is in the name of its part already.
        of = [] if isinstance(path[0], int) else [id or self._label(section)]
        chain = self.say(" of ", " pada ").join([*self._chain(section, path), *of])
        return f"{chain}: {self._value(str(field), before)} → {self._value(str(field), after)}"

    def _chain(self, section: str, path: _Path) -> list[str]:
        """The fields from the innermost outwards; a place in a list and a language belong to the name before them."""
        names: list[str] = []
        for i, each in enumerate(path):
            before = path[i - 1] if i else section
            if isinstance(each, int):
                names[-1:] = [f"{part(str(before), self.language) or self._label(str(before))} {each + 1}"]
            elif names and each in _LANGUAGES and i == len(path) - 1:
                names[-1] = f"{names[-1]} ({each})"
            else:
                names.append(self._label(each))
        return names[::-1]

    def _label(self, name: str) -> str:
        return label(name, self.language)

    def _value(self, field: str, value: Any) -> str:
        if value is None:
            return self.say("nothing", "tidak ada")
        if isinstance(value, bool):
            return self.say("yes", "ya") if value else self.say("no", "tidak")
        if isinstance(value, list):
            return ", ".join(self._value(field, each) for each in value) or self.say("nothing", "tidak ada")
        if isinstance(value, dict):
            return self._object(value)
        if field in _IN_PERCENT and isinstance(value, str):
            return f"{value.replace('.', self.say('.', ','))} %"
        if (field, value) in _WORDS:
            return self.say(*_WORDS[field, value])
        return self._duration(value) if isinstance(value, str) else str(value)

    def _object(self, value: Mapping[str, Any]) -> str:
        if set(value) <= set(_LANGUAGES):
            return str(value.get(self.language) or value.get("en") or value.get("id"))
        unit = f" {value['unit']}" if "unit" in value else ""
        for name, words in (("atMost", ("at most", "paling banyak")), ("atLeast", ("at least", "paling sedikit"))):
            if name in value:
                return f"{self.say(*words)} {self._value(name, value[name])}{unit}"
        return "; ".join(f"{self._label(name)} {self._value(name, each)}" for name, each in value.items())

    def _duration(self, value: str) -> str:
        found = _DURATION.fullmatch(value)
        if found is None or not any(found.groups()):
            return value
        units = _UNITS[self.language]
        counted = [(n, unit) for n, unit in zip(found.groups(), units, strict=True) if n]
        return " ".join(f"{n} {unit}{self.say('' if n == '1' else 's', '')}" for n, unit in counted)
