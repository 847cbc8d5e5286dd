"""The calculations of other houses, as presets of the same machinery. docs/reference/profiles.md says what they miss.

A profile replaces how an objective is measured; its indicator, target, window, calendar and credits stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sepakat_shared.contracts.texts import Objective

_MINUTE = timedelta(minutes=1)
_ANY_OF_IT = Decimal("0.000001")
"""The target of a slice that is good when it was up for any part of it."""


class NotApplicable(Exception):
    """The profile says nothing of that kind of events, or of such an objective; the text says which."""


@dataclass(frozen=True)
class _Method:
    """How a house measures one kind of events. Where it says nothing (None), the agreement's own choice stays."""

    measure: str
    slice: timedelta | None = None
    slice_target: Decimal | None = None
    unknown: str | None = None
    exclusions: str | None = None
    agreed: tuple[str, ...] = ()
    """What the house leaves to each contract: the agreement's own comes first."""


_RESET: Final[Mapping[str, Any]] = MappingProxyType(
    {"slice": None, "slice_target": None, "shortest_outage": None, "threshold": None, "percentile": None, "clock": None}
)
_HOUSES: Final[Mapping[str, Mapping[str, _Method]]] = {
    # The manual of sla.getsli, 6.0 to 8.0, and CSla.php.
    "zabbix": {"state": _Method("time", unknown="up", exclusions="remove")},
    # The database function get_sla_ok_percent of Icinga DB 1.5.1.
    "icinga": {"state": _Method("time", unknown="exclude", exclusions="count-as-up")},
    # Amazon S3 SLA, 28 November 2023. Every interval of the month is in the mean.
    "aws-s3": {
        "ratio": _Method("ratio-timeslices", timedelta(minutes=5), unknown="up", exclusions="count-as-up"),
    },
    # Amazon Compute SLA, 25 May 2022. It says "minutes", and nothing of a part of one.
    "aws-ec2": {
        "state": _Method("timeslices", _MINUTE, _ANY_OF_IT, unknown="up", exclusions="count-as-up"),
    },
    # Google Cloud SLAs, 2017 to 2020. Each product has its own error rate and its own shortest downtime.
    "gcp-minutes": {
        "ratio": _Method("timeslices", _MINUTE, Decimal(95), unknown="up", exclusions="count-as-up",
                         agreed=("slice_target", "shortest_outage")),
        "state": _Method("timeslices", _MINUTE, _ANY_OF_IT, unknown="up", exclusions="count-as-up",
                         agreed=("shortest_outage",)),
    },
    # OpenSLO v1, budgetingMethod. The slice and its target are a contract's; these are those of its examples.
    "openslo-occurrences": {"ratio": _Method("occurrences")},
    "openslo-timeslices": {
        kind: _Method("timeslices", _MINUTE, Decimal(95), agreed=("slice", "slice_target"))
        for kind in ("ratio", "state")
    },
    "openslo-ratio-timeslices": {
        kind: _Method("ratio-timeslices", _MINUTE, agreed=("slice",)) for kind in ("ratio", "state")
    },
}  # fmt: skip
"""By profile and kind of events."""

NAMES: Final = tuple(_HOUSES)


def applied(objective: Objective, profile: str, kind: str | None) -> Objective:
    """`objective` as `profile` measures events of `kind`. Raises NotApplicable."""
    methods = _HOUSES[profile]
    if kind is None:
        raise NotApplicable(f"objective {objective.id}: nothing tells of what kind the events of its indicator are")
    if kind not in methods:
        raise NotApplicable(f"objective {objective.id}: {profile} measures {' or '.join(methods)} events, not {kind}")
    if not isinstance(objective.target, Decimal):
        raise NotApplicable(f"objective {objective.id}: {profile} has a percentage as target, not a limit")
    method = methods[kind]
    said = {name: value for name, value in vars(method).items() if value is not None and name != "agreed"}
    own = {name: value for name in method.agreed if (value := getattr(objective, name)) is not None}
    # A smallest number of events says nothing of slices.
    sample = objective.minimum_sample if objective.measure == method.measure else 1
    return objective.model_copy(update={**_RESET, **said, **own, "minimum_sample": sample, "profile": profile})
