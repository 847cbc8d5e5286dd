"""Units of what is measured: those of time are compared with each other, any other with itself alone."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

MILLISECONDS_PER: Final[Mapping[str, Decimal]] = {
    "us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000), "min": Decimal(60_000), "h": Decimal(3_600_000),
}  # fmt: skip


def base_unit(unit: str) -> str:
    """The unit that values of `unit` are kept in: every unit of time is kept in milliseconds."""
    return "ms" if unit in MILLISECONDS_PER else unit
