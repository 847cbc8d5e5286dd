"""`uvicorn storm_floor:app`: an empty route beside which the storm is measured; FLOOR_MONGO is the database.

It reads the message and inserts a small document for each alert, in one call a message. Whoever counts each alert once
and loses none can do with no less.
"""

import os
from typing import Any

from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["FLOOR_MONGO"])


async def take(request: Request) -> Response:
    alerts = (await request.json())["alerts"]
    await client["storm_floor"]["alerts"].insert_many(
        [{"_id": f"{each['labels']['sepakat_service']}/{each['fingerprint']}"} for each in alerts], ordered=False
    )
    return JSONResponse({"accepted": len(alerts)})


app = Starlette(routes=[Route("/v1/alertmanager", take, methods=["POST"])])
