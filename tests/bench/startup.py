# SPDX-License-Identifier: Apache-2.0
"""From exec to the first good answer: an order from the order service, a checkout (its order service is up) from the
gateway. Asked every 0.2 ms from the start on; the launcher's time is in it where there is one."""
import socket
import statistics
import time

import setup as bench
import sink
from stacks import GATEWAY, ORDER, go, missing, order_request, ours, python, running

PAUSE_S = 0.0002
PATIENCE_S = 30
CHECKOUT = b"GET /checkout HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
ORDER_BODY = b'{"item":"widget","qty":1}'
NEW_ORDER = (b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
             b"Content-Length: %d\r\n\r\n%s" % (len(ORDER_BODY), ORDER_BODY))


def ask(port, request):
    """Whether the answer is a good one; False while nobody listens."""
    with socket.socket() as s:
        try:
            s.connect(("127.0.0.1", port))
            s.sendall(request)
            return s.recv(4096).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False


def first_answer_ms(start, stop_signal, port, request):
    began = time.monotonic()
    program = start()
    try:
        while not ask(port, request):
            if time.monotonic() > began + PATIENCE_S:
                raise AssertionError(f"{program.name}: no answer within {PATIENCE_S} s:\n{program.output}")
            time.sleep(PAUSE_S)
        return (time.monotonic() - began) * 1e3
    finally:
        program.signal(stop_signal)
        program.wait()


def start_ups(stack, n):
    """n times each, as (order service, gateway)."""
    orders = [first_answer_ms(stack.start_order, stack.stop_signal, ORDER, NEW_ORDER) for _ in range(n)]
    with running(stack.start_order, stack.stop_signal, order_request, "order service"):
        gateways = [first_answer_ms(stack.start_gateway, stack.stop_signal, GATEWAY, CHECKOUT) for _ in range(n)]
    return orders, gateways


def measure(setup):
    n = 5 if setup.quick else 15
    plan = [(ours(setup, False, 1), n), (ours(setup, True, 1), n), (go(setup, False), n), (go(setup, True), n),
            (python(setup), 2)]
    result = {"left_out": [reason for reason in (missing(stack) for stack, _ in plan) if reason], "stacks": {}}
    with sink.running(setup):
        for stack, times in plan:
            if missing(stack):
                continue
            bench.say(f"start-up: {times} times, {stack.label}")
            orders, gateways = start_ups(stack, times)
            result["stacks"][stack.key] = {
                "label": stack.label, "times": times, "order_ms": statistics.median(orders),
                "order_slowest_ms": max(orders), "gateway_ms": statistics.median(gateways),
                "gateway_slowest_ms": max(gateways)}
    return result


if __name__ == "__main__":
    bench.run_part(measure)
