# SPDX-License-Identifier: Apache-2.0
"""api-gateway as a tutorial has it, in FastAPI; opentelemetry-instrument traces it.

PORT (8000), ORDER_URL; SHARED_CLIENT=1: one pooled client, not the tutorial's own one for each request; QUIET=1: no
line a request.
"""
import logging
import os

import httpx
import uvicorn
from fastapi import FastAPI

QUIET = os.getenv("QUIET") == "1"
ORDER_URL = os.getenv("ORDER_URL", "http://localhost:8001/orders")
SHARED = os.getenv("SHARED_CLIENT") == "1"
POOL = httpx.Limits(max_connections=2000, max_keepalive_connections=2000)

logging.basicConfig(level=logging.WARNING if QUIET else logging.INFO)
log = logging.getLogger("api-gateway")
app = FastAPI()
pooled = None


def pooled_client():
    global pooled
    if pooled is None:  # made inside the event loop, and after the instrumentation
        pooled = httpx.AsyncClient(timeout=60, limits=POOL)
    return pooled


async def order(client, qty):
    return await client.post(ORDER_URL, json={"item": "widget", "qty": qty})


@app.get("/checkout")
async def checkout(qty: int = 1):
    log.info("checkout received")
    if SHARED:
        answer = await order(pooled_client(), qty)
    else:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await order(client, qty)
    return {"status": "ok", "order": answer.json()}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.getenv("PORT", "8000")), access_log=not QUIET)
