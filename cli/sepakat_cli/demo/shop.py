"""A small real shop: `python -m sepakat_cli.demo.shop PORT` serves a checkout until it is ended."""

import sys
from decimal import Decimal

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

_PRICES = {"kopi-gayo": Decimal("85000"), "teh-melati": Decimal("32000"), "gula-aren": Decimal("27500")}


class Basket(BaseModel):
    items: dict[str, int] = Field(min_length=1)


def shop() -> FastAPI:
    app = FastAPI(title="Toko Maju")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "open"}

    @app.post("/checkout")
    async def checkout(basket: Basket) -> dict[str, str]:
        total = sum(_PRICES[name] * count for name, count in basket.items.items() if name in _PRICES)
        return {"total": str(total), "currency": "IDR"}

    return app


if __name__ == "__main__":
    uvicorn.run(shop(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
