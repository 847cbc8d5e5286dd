"""An amendment is a draft of the next version: begun by a party, then negotiated and signed like the first. Pure."""

from collections.abc import Sequence
from datetime import datetime

from sepakat_agreements.agreement import Agreement, Drafted, Event, Version
from sepakat_agreements.clauses import Change, changed
from sepakat_agreements.difference import differences
from sepakat_agreements.signing import check_effective
from sepakat_agreements.starting import effective_from
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid


def amend(
    agreement: Agreement, party: str, wanted: texts.Agreement | Sequence[Change], now: datetime
) -> Sequence[Event]:
    """Begin the next version: a whole text, or changes of clauses of the last one that both have signed.

    Raises Forbidden, Conflict while another version is still being written, or Invalid with each field and its rule.
    """
    if party not in agreement.parties:
        raise Forbidden(f"{party!r} has no part in this agreement")
    if agreement.ended_at is not None:
        raise Conflict("this agreement has ended; write another one")
    base = agreement.last
    if agreement.open is not None:
        raise Conflict(f"version {base.version} is not signed by both yet; propose your changes to that one")
    # How the last version followed the one before it says nothing of how this one follows.
    inherited = {name: content for name, content in base.text.items() if name != "amendment"}
    amended = wanted if isinstance(wanted, texts.Agreement) else changed(inherited, wanted)
    text = texts.as_text(amended)
    _check(base, text, at="/text" if isinstance(wanted, texts.Agreement) else "/changes")
    begins = effective_from(text, base.version + 1)
    drafted = Version(base.version + 1, text, texts.text_hash(amended), effective_from=begins)
    check_effective(agreement, drafted, now)
    return [Drafted(agreement.id, drafted.version, text, drafted.hash, begins)]


def _check(base: Version, text: dict[str, object], at: str) -> None:
    if text["parties"] != base.text["parties"]:
        raise Conflict("an agreement keeps its parties; write another one for others")
    if not [each for each in differences(base.text, text) if each.clause != "amendment"]:
        rule = f"changes nothing of version {base.version}"
        raise Invalid.at(at, rule)
