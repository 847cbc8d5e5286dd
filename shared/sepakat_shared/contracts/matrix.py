"""The priority matrix: what follows from how much is hit and how soon it hurts. Pure."""

from typing import Final, Literal, get_args

from sepakat_shared.contracts.texts import Agreement

Degree = Literal["high", "medium", "low"]
DEGREES: Final[tuple[Degree, ...]] = get_args(Degree)

DEFAULT: Final = {
    "high-high": "P1", "high-medium": "P2", "high-low": "P3",
    "medium-high": "P2", "medium-medium": "P3", "medium-low": "P4",
    "low-high": "P3", "low-medium": "P4", "low-low": "P5",
}  # fmt: skip
"""Impact-urgency, as ITIL has it: for what an agreement does not say."""
_NAMES: Final = ("P1", "P2", "P3", "P4", "P5")


def priority_of(text: Agreement | None, impact: Degree, urgency: Degree) -> str:
    """The priority of that impact and urgency by the agreement's matrix, else by the default one.

    One that the agreement does not have is the nearest graver one that it has, else the nearest milder one.
    """
    cell = f"{impact}-{urgency}"
    agreed = text.priorities if text is not None else None
    wanted = agreed.matrix.get(cell, DEFAULT[cell]) if agreed is not None else DEFAULT[cell]
    known = [name for name in _NAMES if agreed is not None and agreed.get(name) is not None]
    graver = [name for name in known if name <= wanted]
    return graver[-1] if graver else known[0] if known else wanted
