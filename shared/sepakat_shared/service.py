"""The frame of a service: its parts are opened, run side by side, and closed together."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from sepakat_shared import asyncapi_page, mongo, retry, telemetry, web
from sepakat_shared.auth import KnownKeys
from sepakat_shared.bus import Bus
from sepakat_shared.clock import Clock, SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import asyncapi, topics
from sepakat_shared.contracts.agreements import KeyIssued, KeyRevoked
from sepakat_shared.deadletters import DeadLetters
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.mongo import Collection
from sepakat_shared.operations import add_operations
from sepakat_shared.reacting import Reaction
from sepakat_shared.relay import Relay
from sepakat_shared.settings import S, ServiceSettings
from sepakat_shared.timers import Fire, Timers

_log = logging.getLogger(__name__)
EXIT_RESTART = 75
"""The exit code that says: start me again (sysexits' EX_TEMPFAIL)."""
_KEEP_ALIVE_SECONDS = 75
"""Longer than clients and proxies keep a connection that is idle (5 to 60 s): where they close it, no request is on its
way, and none is lost."""


class Service:
    """The parts that all services share, made from settings; a service's `app.py` adds its own to them."""

    def __init__(self, name: str, settings: ServiceSettings, clock: Clock | None = None) -> None:
        self.name = name
        self.settings = settings
        self.clock = clock or SystemClock()
        self.client = mongo.open_client(settings)
        self.db = mongo.database(self.client, settings, name)
        self.commits = Commits(self.db, self.clock)
        self.dead_letters = DeadLetters(self.db)
        self.keys = KnownKeys(self.db, self.clock)
        self.posts = IdempotentPosts(self.db)
        self._setups: list[Callable[[], Awaitable[object]]] = [self.commits.create_indexes, self.posts.create_indexes]
        self._tasks: list[Callable[[], Awaitable[object]]] = []
        self._lags: list[Callable[[], Awaitable[int]]] = []
        self._checks: dict[str, Callable[[], bool]] = {}

    def reactions(self, own: Sequence[Reaction]) -> list[Reaction]:
        """The service's own reactions, and those that keep its copy of the API keys."""
        return [
            *own,
            Reaction(topics.KEYS, KeyIssued, self.keys.on_issued),
            Reaction(topics.KEYS, KeyRevoked, self.keys.on_revoked),
        ]

    def start(self, own: Sequence[Reaction], at_once: int = 1) -> Bus:
        """Open the bus, with `at_once` as it has it, and the relay. Call once, inside the event loop."""
        self.bus = Bus(self.settings, self.name, self.clock, self.dead_letters, self.reactions(own), at_once)
        self.relay = Relay(self.commits, self.bus, f"/sepakat/{self.name}")
        self._checks["kafka"] = self.bus.connected.is_set
        return self.bus

    def before_start(self, setup: Callable[[], Awaitable[object]]) -> None:
        """Run `setup` (indexes, state to load) before the consumers start; again until the servers answer."""
        self._setups.append(setup)

    def alongside(self, task: Callable[[], Awaitable[object]]) -> None:
        """Run `task` for as long as the service lives; its end or failure restarts the process."""
        self._tasks.append(task)

    def keep_time(self, states: Collection, fire: Fire) -> None:
        """Fire what these state documents say is due (`due_at`), for as long as the service lives."""
        timers = Timers(states, "due_at", self.clock, fire)
        self.commits.tell(states.name, timers.wake)
        self.before_start(timers.create_indexes)
        self.alongside(timers.run)

    async def lag(self) -> int:
        """Records that wait for this instance, over all its consumers."""
        waiting = [await self.bus.lag(), *[await measure() for measure in self._lags]]
        return sum(waiting)

    def lags_too(self, measure: Callable[[], Awaitable[int]]) -> None:
        """Count the lag of a consumer of the service's own."""
        self._lags.append(measure)

    def ready_when(self, name: str, check: Callable[[], bool]) -> None:
        self._checks[name] = check

    def web(self, title: str, description: str) -> FastAPI:
        """The service's app, with health and the operator's routes."""
        app = web.application(title, description, self.keys, self.settings.max_body_bytes)

        async def ready() -> Response:
            checks = {name: check() for name, check in self._checks.items()}
            return JSONResponse(
                {"ready": all(checks.values()), "service": self.name, "backend": self.settings.backend, **checks},
                200 if all(checks.values()) else 503,
            )

        app.add_api_route("/readyz", ready, include_in_schema=False)
        add_operations(app, self)
        asyncapi_page.add_asyncapi(app, asyncapi.document)
        app.router.lifespan_context = self._lifespan
        return app

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(self._run(), name=f"{self.name} parts")
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self.bus.close()
            await mongo.close_client(self.client)

    async def _run(self) -> None:
        """Set up, connect, run the parts; the end of any of them ends the process with a request to be restarted."""
        try:
            for setup in self._setups:
                await retry.until_done("setting up the database", setup)
            await self.bus.connect()
            await retry.until_done("comparing the broker with the last one", self._republish_to_a_new_broker)
            parts: Iterable[Callable[[], Awaitable[object]]] = [
                self.relay.run,
                self.bus.watch,
                self.bus.keep_committing,
                lambda: self.posts.forget_old(self.clock),
                *self._tasks,
            ]
            async with asyncio.TaskGroup() as tasks:
                for part in parts:
                    tasks.create_task(_forever(part))
        except Exception as error:  # noqa: BLE001 - whatever it was, the process must be started anew
            _log.critical("a part of the service has failed", exc_info=error)
            self.bus.fail(f"{type(error).__name__}: {error}")

    async def _republish_to_a_new_broker(self) -> None:
        """A broker that forgets (the embedded one) has a new cluster id at each start: give it what it forgot.

        That is every commit since the mark, the last moment at which nothing was waiting anywhere.
        """
        meta = self.db["meta"]
        known = await meta.find_one({"_id": "broker"})
        if known is not None and known["cluster"] == self.bus.cluster:
            return
        if known is not None:
            count = await self.relay.replay(known.get("mark"))
            _log.info("the broker is a new one; %d commits are published again", count)
        await meta.replace_one(
            {"_id": "broker"},
            {"cluster": self.bus.cluster, "mark": known.get("mark") if known else None},
            upsert=True,
        )


async def _forever(part: Callable[[], Awaitable[object]]) -> None:
    await part()
    raise RuntimeError(f"{getattr(part, '__qualname__', part)} ended")


def run(service: str, settings: S, build: Callable[[S], FastAPI]) -> None:
    """Serve until told to stop. Ends the process with EXIT_RESTART when a part of it failed."""
    telemetry.set_up(f"sepakat-{service}", settings.log_level)
    sys.exit(asyncio.run(_serve(settings, build)))


async def _serve(settings: S, build: Callable[[S], FastAPI]) -> int:
    app = build(settings)
    bus: Bus = app.state.bus
    server = uvicorn.Server(_config(app, settings))

    def stop(failed: "asyncio.Future[str]") -> None:
        if not failed.cancelled():
            _log.critical("ending this process, to be started again: %s", failed.result())
            server.should_exit = True

    bus.fatal.add_done_callback(stop)
    await server.serve()
    return EXIT_RESTART if bus.fatal.done() and not bus.fatal.cancelled() else 0


def _config(app: FastAPI, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
