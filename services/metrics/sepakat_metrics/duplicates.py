"""Which events were counted already: the hashes of `source` and `id` over a horizon of offsets."""

from hashlib import blake2b

from sepakat_metrics.checkpoints import ID_BYTES


def key(source: str, id: str) -> bytes:
    """Eight bytes that stand for an event. Two different events share them with a chance of 10⁻⁷ in two million."""
    return blake2b(f"{source}\0{id}".encode("utf-8", "surrogatepass"), digest_size=ID_BYTES).digest()


class Seen:
    """The ids of at least the last `horizon` offsets of one partition, and at most twice as many."""

    def __init__(self, horizon: int, start: int) -> None:
        self._horizon = horizon
        self._started = start
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def __contains__(self, id: bytes) -> bool:
        return id in self._young or id in self._old

    def add(self, id: bytes, offset: int) -> bool:
        """Whether it is new; then it is known from now on."""
        if id in self._young or id in self._old:
            return False
        if offset - self._started >= self._horizon:
            self._old, self._young, self._started = self._young, set(), offset
        self._young.add(id)
        return True

    def restore(self, ids: bytes) -> None:
        """Take up the ids of a checkpoint written before this instance owned the partition."""
        self._old.update(ids[i : i + ID_BYTES] for i in range(0, len(ids), ID_BYTES))
