"""How the demo tells its story: one line a step, and below them, for a person, what happens right now."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

T = TypeVar("T")


class StoryFailed(Exception):
    """A step was not seen in time; the text says which."""


@dataclass
class Teller:
    """`zero` is the beginning of the outage, or of the story before it."""

    live: bool
    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    zero: float = field(default_factory=time.monotonic)
    _bar: Live | None = None

    def start(self) -> None:
        if self.live:
            self._bar = Live(Text(""), console=self.console, refresh_per_second=4, transient=True)
            self._bar.start()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, what: str, trace: str | None = None, lags: dict[str, int] | None = None) -> None:
        """One thing that was seen: when, in which trace, and how many records wait where."""
        extra = f" [dim]trace {trace[:8]}[/]" if trace else ""
        if lags is not None:
            waiting = ", ".join(f"{name} {lag}" for name, lag in lags.items() if lag) or "none"
            extra += f" [dim]waiting: {waiting}[/]"
        self.console.print(f"[bold]{time.monotonic() - self.zero:7.2f} s[/]  {escape(what)}{extra}", soft_wrap=True)

    def say(self, what: str = "") -> None:
        self.console.print(escape(what), soft_wrap=True)

    def now(self, what: str) -> None:
        if self._bar is not None:
            self._bar.update(Text(what, style="cyan"))


async def until(what: str, ask: Callable[[], Awaitable[T | None]], within: float = 60.0) -> T:
    """Ask until there is an answer. Raises StoryFailed when none has come `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while True:
                answer = await ask()
                if answer:
                    return answer
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise StoryFailed(f"{what} was not seen within {within:g} s") from None


def first(items: list[Any], fits: Callable[[Any], bool]) -> Callable[[], Awaitable[Any]]:
    """What `until` asks of something that only grows: the first that fits."""

    async def ask() -> Any:
        return next((each for each in items if fits(each)), None)

    return ask
