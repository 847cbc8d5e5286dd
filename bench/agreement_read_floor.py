"""`uvicorn agreement_read_floor:app`: one `find_one` by id and its document as JSON; FLOOR_MONGO is the database."""

import os
from typing import Any

from fastapi import FastAPI
from pymongo import AsyncMongoClient

client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["FLOOR_MONGO"])
app = FastAPI()


@app.get("/v1/agreements/{id}")
async def get_agreement(id: str) -> dict[str, Any] | None:
    return await client["sepakat_agreements"]["agreement"].find_one({"_id": id})
