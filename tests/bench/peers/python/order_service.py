# SPDX-License-Identifier: Apache-2.0
"""order-service as a tutorial has it, in FastAPI; opentelemetry-instrument traces it.

PORT (8001); CHECK_SLEEP and INSERT_SLEEP in seconds (0.3 and 1.5); QUIET=1: no line a request.
"""
import asyncio
import logging
import os

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

QUIET = os.getenv("QUIET") == "1"
CHECK, INSERT = float(os.getenv("CHECK_SLEEP", "0.3")), float(os.getenv("INSERT_SLEEP", "1.5"))

logging.basicConfig(level=logging.WARNING if QUIET else logging.INFO)
log = logging.getLogger("order-service")
app = FastAPI()


class Order(BaseModel):
    item: str
    qty: int


@app.post("/orders")
async def create_order(order: Order):
    if CHECK:
        await asyncio.sleep(CHECK)
    if INSERT:
        await asyncio.sleep(INSERT)
    log.info("order created")
    return {"order_id": "ord-789", "status": "created"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.getenv("PORT", "8001")), access_log=not QUIET)
