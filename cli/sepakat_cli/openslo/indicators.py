"""SLIs into indicators: what is measured is carried over, and how it is read is its publisher's matter."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sepakat_cli.openslo.parts import Note, Part, slug

OWN: Final = "Sepakat"
"""The type of a metric source that is an indicator of ours."""


class Indicators:
    """`found` has those of the SLIs asked for so far, by id, as they stand in YAML."""

    def __init__(self, provider: str, notes: list[Note]) -> None:
        self._provider, self._notes = provider, notes
        self.found: dict[str, dict[str, Any]] = {}

    def of(self, part: Part, service: str) -> tuple[str, str] | None:
        """The id and kind of events of an SLI's indicator; None where it is no SLI."""
        metadata, spec = part.part("metadata"), part.part("spec")
        if metadata is None or spec is None:
            self._note(part.at, "is no SLI: it needs `metadata` and `spec`")
            return None
        name, shown = metadata.text("name") or "unnamed", metadata.text("displayName")
        ratio, threshold = spec.part("ratioMetric"), spec.part("thresholdMetric")
        if ratio is None and threshold is None:
            self._note(f"{part.at}/spec", "has neither `ratioMetric` nor `thresholdMetric`: it can't be measured")
            return None
        kind = "ratio" if ratio is not None else "measurement"
        sources = list(_sources(ratio, threshold))
        own = next((each for each in sources if each.text("type") == OWN), None)
        id = f"{self._provider}/{slug(name)}"
        indicator: dict[str, Any] = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": id}}
        unit = None
        if own is not None:
            spec_of = own.part("spec")
            id = (spec_of.text("indicator") if spec_of is not None else None) or id
            unit = spec_of.text("unit") if spec_of is not None else None
            self._all_own(sources)
        else:
            for each in sources:
                self._whole(each, "how it is read is not carried over: its publisher sends events instead")
            self._ways_of(ratio, threshold)
        indicator["metadata"] = {"id": id, **({"title": {"en": shown}} if shown else {})}
        indicator |= {"kindOfEvents": kind, "service": service, **({"unit": unit} if unit else {})}
        self.found.setdefault(id, indicator)
        return id, kind

    def _all_own(self, sources: Sequence[Part]) -> None:
        for each in sources:
            for name in ("type", "spec"):
                each.take(name)

    def _ways_of(self, ratio: Part | None, threshold: Part | None) -> None:
        """How the numbers were formed, where that changes what is to be sent."""
        if ratio is None:
            return
        if ratio.raw.get("bad") is not None:
            self._note(f"{ratio.at}/bad", "bad events are counted there: send good ones, total less bad")
        if ratio.raw.get("raw") is not None:
            self._note(f"{ratio.at}/raw", "a ratio is read there: send the counts that it is of")
            ratio.take("rawType")
        if ratio.take("counter"):
            self._note(f"{ratio.at}/counter", "a counter only grows there: send what was added")

    def _note(self, at: str, words: str) -> None:
        note = Note(at, words)
        # Several SLOs may be of one SLI.
        if note not in self._notes:
            self._notes.append(note)

    def _whole(self, part: Part, words: str) -> None:
        part.take_all()
        self._note(part.at, words)


def _sources(ratio: Part | None, threshold: Part | None) -> Iterator[Part]:
    metrics = [ratio.part(name) for name in ("good", "bad", "total", "raw")] if ratio is not None else [threshold]
    for metric in metrics:
        source = metric.part("metricSource") if metric is not None else None
        if source is not None:
            yield source
