# SPDX-License-Identifier: Apache-2.0
"""What a request costs api-gateway and order-service, in instructions of the thread of their event loop.

The service under test talks only to this program, which goes in step with it: 32 requests out on as
many connections; for the gateway 32 orders in before the first is answered; 32 answers in. So it
makes no difference who is quicker, but for an answer to the last few before curl waits for them.
"""
import contextlib
import functools
import selectors
import socket

import callgrind
import harness
from collector import Collector
from harness import Program, read_request, wait_until

CONNECTIONS = 32
FEW, MANY = 4, 24  # rounds
GATEWAY, ORDER = 8000, 8001

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"


def message(*lines, body=b""):
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


CHECKOUT = b"GET /checkout HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"


def order(traced):
    """As api-gateway sends it."""
    return message("POST /orders HTTP/1.1", "Host: 127.0.0.1:8001", *([f"traceparent: {TRACE}"] if traced else []),
                   "Content-Type: application/json", body=b'{"item":"widget","qty":1}')


# As order-service answers it in the stack, where it need not tell the gateway its trace.
CREATED = message("HTTP/1.1 200 OK", "Date: Thu, 01 Jan 2026 00:00:00 GMT", "Connection: keep-alive",
                  "content-type: application/json", body=b'{"order_id":"ord-789","status":"created"}')


class Orders:
    """In order-service's place: keeps orders until the gateway has sent them all."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", ORDER))
        self.selector.register(self.listener, selectors.EVENT_READ)

    def take_and_answer(self, n):
        waiting = []
        while len(waiting) < n:
            ready = self.selector.select(30)
            assert ready, f"{len(waiting)} of {n} orders came"
            for key, _ in ready:
                if key.fileobj is self.listener:
                    self.selector.register(self.listener.accept()[0], selectors.EVENT_READ)
                elif read_request(key.fileobj):
                    waiting.append(key.fileobj)
                else:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
        for connection in waiting:
            connection.sendall(CREATED)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def one_round(connections, request, meanwhile):
    for connection in connections:
        connection.sendall(request)
    meanwhile()
    for connection in connections:
        answer = read_request(connection)  # its end is told as a request's is
        assert answer.startswith(b"HTTP/1.1 200 "), answer


def count(name, port, request, traced, rounds, meanwhile=lambda: None):
    """Instructions of a service for so many rounds, and for its start and end."""
    with contextlib.ExitStack() as stack:
        counted = stack.enter_context(callgrind.Counted(harness.program_path(name)))
        collector = Collector()
        stack.callback(collector.stop)
        env = {**callgrind.ENVIRONMENT, "PORT": str(port), "THREADS": "1", "ORDER_PROCESSING_MS": "0",
               "ORDER_SERVICE_URL": f"http://127.0.0.1:{ORDER}", "ORDER_TIMEOUT_MS": "60000", "LAG_MAX_MS": "0",
               "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_C_RESPONSE_HEADERS": "edge"}
        program = Program(counted.arguments, env=env, traced=traced, service=name)
        stack.callback(program.kill)
        program.wait_ready(port)
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
                       for _ in range(CONNECTIONS)]
        for i in range(rounds):
            one_round(connections, request, meanwhile)
            if i == 0 and traced:  # the exporter is loaded, and blocks for spans come back
                wait_until(lambda: collector.sent, 30, "the first spans")
        code = program.stop()
        assert code == 0 and "dropped" not in program.output, program.output
        assert bool(collector.sent) == traced
        return counted.instructions(callgrind.MAIN)


@functools.cache
def gateway(traced):
    def count_of(rounds):
        with contextlib.closing(Orders()) as orders:
            return count("api-gateway", GATEWAY, CHECKOUT, traced, rounds, lambda: orders.take_and_answer(CONNECTIONS))

    return callgrind.per_unit(count_of, FEW, MANY, CONNECTIONS)


@functools.cache
def order_service(traced):
    def count_of(rounds):
        return count("order-service", ORDER, order(traced), traced, rounds)

    return callgrind.per_unit(count_of, FEW, MANY, CONNECTIONS)
