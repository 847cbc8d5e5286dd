"""`uvicorn flood_floor:app`: a route that inserts one document for each report; FLOOR_MONGO is the database."""

import os
import secrets
from typing import Any

from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["FLOOR_MONGO"])


async def take(request: Request) -> Response:
    number = secrets.token_hex(8)
    await client["flood_floor"]["reports"].insert_one({"_id": number, **await request.json()})
    return JSONResponse({"number": number}, 201)


app = Starlette(routes=[Route("/v1/reports", take, methods=["POST"])])
