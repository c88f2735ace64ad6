# SPDX-License-Identifier: Apache-2.0
"""Sends requests at the same time, each on a connection of its own, piece by piece in turn."""
import asyncio
import os

from parents import client_span_id

CONNECTING_MAX = 100  # at once
PIECE_BYTES = 4096    # of a head: its pieces arrive among those of the other requests
TIMEOUT_S = 300


def head(number, port, header_bytes, body_bytes):
    """traceparent comes last, behind the large header."""
    return (f"GET /checkout?qty={number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {body_bytes}\r\nX-Filler: {'f' * header_bytes}\r\n"
            f"traceparent: 00-{os.urandom(16).hex()}-{client_span_id(number)}-01\r\n\r\n").encode()


async def read_status(reader):
    """The status of an answer that has been read as a whole."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    await reader.readexactly(length)
    return int(lines[0].split()[1])


async def connect_all(n, port):
    room = asyncio.Semaphore(CONNECTING_MAX)

    async def connect():
        async with room:
            return await asyncio.open_connection("127.0.0.1", port)

    return await asyncio.gather(*(connect() for _ in range(n)))


async def send_all(numbers, port, header_bytes, body_bytes):
    connections = await connect_all(len(numbers), port)
    heads = [head(number, port, header_bytes, body_bytes) for number in numbers]
    for start in range(0, max(map(len, heads)), PIECE_BYTES):
        for (_, writer), data in zip(connections, heads):
            writer.write(data[start:start + PIECE_BYTES])
        await asyncio.sleep(0)
    for _, writer in connections:
        writer.write(b"b" * body_bytes)

    async def finish(reader, writer):
        try:
            return await read_status(reader)
        except (OSError, asyncio.IncompleteReadError):
            return "none"
        finally:
            writer.close()

    return await asyncio.gather(*(finish(*connection) for connection in connections))


def send(numbers, port, header_bytes, body_bytes):
    """Returns the status of each answer; "none" for a connection that was cut off."""
    return asyncio.run(asyncio.wait_for(send_all(numbers, port, header_bytes, body_bytes), TIMEOUT_S))
