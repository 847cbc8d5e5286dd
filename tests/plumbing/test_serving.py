"""How a service keeps the connections that it is asked by."""

from fastapi import FastAPI

from sepakat_shared.service import _config
from sepakat_shared.settings import ServiceSettings

KEPT_BY_PROXIES = 60
"""Seconds that proxies in front of it keep an idle connection, as a rule."""


def test_the_service_is_not_the_one_that_closes_an_idle_connection() -> None:
    settings = ServiceSettings(kafka="127.0.0.1:9092", mongo="mongodb://127.0.0.1")
    assert _config(FastAPI(), settings).timeout_keep_alive > KEPT_BY_PROXIES
