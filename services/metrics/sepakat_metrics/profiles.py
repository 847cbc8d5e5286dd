"""The calculations of other houses, as presets of the same machinery; docs/reference/profiles.md has their sources.

A profile replaces how an objective is measured; its indicator, target, window, calendar and credits stay.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sepakat_shared.contracts.texts import Objective

_MINUTE = timedelta(minutes=1)
_ANY_OF_IT = Decimal("0.000001")
"""A slice that was up for any part of it."""


class NotApplicable(Exception):
    """The profile says nothing of that kind of events."""


_CLEAN: Final[Mapping[str, Any]] = MappingProxyType(
    {"slice": None, "slice_target": None, "shortest_outage": None, "threshold": None, "percentile": None, "clock": None}
)
_PROFILES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "zabbix": {"state": {"measure": "time", "unknown": "up", "exclusions": "remove"}},
    "icinga": {"state": {"measure": "time", "unknown": "exclude", "exclusions": "count-as-up"}},
    "aws-s3": {
        "ratio": {"measure": "ratio-timeslices", "slice": timedelta(minutes=5), "unknown": "up", "exclusions": "remove"}
    },
    "aws-ec2": {
        "state": {"measure": "timeslices", "slice": _MINUTE, "slice_target": _ANY_OF_IT, "unknown": "up"},
    },
    "gcp-minutes": {
        kind: {"measure": "timeslices", "slice": _MINUTE, "slice_target": Decimal(95), "unknown": "up"}
        for kind in ("ratio", "state")
    },
    "openslo-occurrences": {"ratio": {"measure": "occurrences"}},
    "openslo-timeslices": {
        kind: {"measure": "timeslices", "slice": _MINUTE, "slice_target": Decimal(95), "unknown": "exclude"}
        for kind in ("ratio", "state")
    },
    "openslo-ratio-timeslices": {
        kind: {"measure": "ratio-timeslices", "slice": _MINUTE, "unknown": "exclude"} for kind in ("ratio", "state")
    },
}
"""By profile and kind of events: what it sets."""

NAMES: Final = tuple(_PROFILES)
_THE_AGREEMENTS_OWN: Final = ("slice", "slice_target", "shortest_outage")
"""What a profile has a usual value for, and the agreement another."""


def applied(objective: Objective, profile: str, kind: str | None) -> Objective:
    """`objective` as `profile` measures events of `kind`. Raises NotApplicable."""
    presets = _PROFILES[profile]
    if kind is None or kind not in presets:
        raise NotApplicable(f"objective {objective.id}: {profile} measures {' or '.join(presets)} events, not {kind}")
    preset = presets[kind]
    own = {
        name: value
        for name in _THE_AGREEMENTS_OWN
        if (name in preset or name == "shortest_outage") and (value := getattr(objective, name)) is not None
    }
    return objective.model_copy(update={**_CLEAN, **preset, **own, "profile": profile})
