# SPDX-License-Identifier: Apache-2.0
"""The order service behind a name: a slow name server delays no other request, and no dead address is kept."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import threading  # noqa: E402
import time  # noqa: E402

import harness  # noqa: E402
from harness import StackTest, get  # noqa: E402
from name_server import NameServer, use_own_resolver  # noqa: E402

NAME = "order-service"


class Names(StackTest):
    @classmethod
    def setUpClass(cls):
        use_own_resolver()

    def setUp(self):
        super().setUp()
        try:
            self.names = NameServer()
        except OSError as error:
            self.skipTest(f"cannot be a name server: {error}")

    def tearDown(self):
        super().tearDown()
        self.names.close()

    def start_order_at(self, address, milliseconds=0):
        env = {"HOST": address, "PORT": str(self.ORDER), "ORDER_PROCESSING_MS": str(milliseconds)}
        program = self.start(["order-service"], env=env, service=f"order-service at {address}")
        harness.wait_until(lambda: any("listening" in line for line in program.lines), what=program.name)
        return program

    def start_gateway_by_name(self, **env):
        return self.start_gateway(traced=False, env={
            "ORDER_SERVICE_URL": f"http://{NAME}:{self.ORDER}", "THREADS": "1", **env})

    def checkout(self):
        return get(self.GATEWAY, "/checkout").status

    def answers_from(self, address):
        """How long until an order goes well, and what was answered before."""
        self.names.addresses = [address]
        began, before = time.monotonic(), []
        while (status := self.checkout()) != 200:
            before.append(status)
            self.assertLess(time.monotonic() - began, 5 * harness.SLOWNESS, before)
            time.sleep(0.05)
        return time.monotonic() - began, before

    def slowest_healthz(self, until):
        slowest = 0
        while not until():
            began = time.monotonic()
            self.assertEqual(get(self.GATEWAY, "/healthz").status, 200)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.01)
        return slowest

    def test_a_slow_name_server_holds_up_no_other_request(self):
        self.start_gateway_by_name(ORDER_TIMEOUT_MS="700")
        self.names.addresses, self.names.delay = ["127.0.0.2"], 3
        answers = []

        def call():
            began = time.monotonic()
            answers.append((self.checkout(), time.monotonic() - began))

        # Their time is over while the names are still being looked up: that, too, may wait for nothing.
        callers = [threading.Thread(target=call) for _ in range(5)]
        for caller in callers:
            caller.start()
        slowest = self.slowest_healthz(lambda: not any(c.is_alive() for c in callers))
        self.assertLess(slowest, 0.25 * harness.SLOWNESS)
        for status, seconds in answers:
            self.assertEqual(status, 504)
            self.assertLess(seconds, 1.5 * harness.SLOWNESS)

    def test_a_service_that_moved_is_found_within_two_seconds(self):
        first = self.start_order_at("127.0.0.2")
        self.start_gateway_by_name()
        self.answers_from("127.0.0.2")
        self.assertEqual(first.stop(), 0)
        self.start_order_at("127.0.0.3")
        seconds, before = self.answers_from("127.0.0.3")
        self.assertLess(seconds, 2.5 * harness.SLOWNESS)
        self.assertLessEqual(set(before), {502})

    def test_of_several_addresses_a_dead_one_is_passed_over(self):
        self.start_order_at("127.0.0.3")
        self.start_gateway_by_name()
        self.names.addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
        for _ in range(10):
            self.assertEqual(self.checkout(), 200)

    def test_connections_are_spread_over_the_addresses_of_a_headless_service(self):
        programs = [self.start_order_at(f"127.0.0.{i}", milliseconds=300) for i in (2, 3)]
        self.start_gateway_by_name(THREADS="20")  # each looks up for itself, and takes one for a second
        self.names.addresses = ["127.0.0.2", "127.0.0.3"]
        self.assertEqual(set(harness.at_once(80, lambda i: self.checkout())), {200})
        for program in programs:
            program.stop()
            self.assertNotIn("requests=0", program.output)

    def test_kept_connections_need_no_names(self):
        self.start_order_at("127.0.0.2")
        self.start_gateway_by_name()
        self.answers_from("127.0.0.2")
        asked = self.names.n_questions
        for _ in range(20):
            self.assertEqual(self.checkout(), 200)
        self.assertEqual(self.names.n_questions, asked)

    def test_a_slow_name_server_holds_up_no_end(self):
        """Of a program whose backend's name is being looked up."""
        self.names.addresses, self.names.delay = ["127.0.0.9"], 6
        self.start_order("order-service", env={
            "ORDER_PROCESSING_MS": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4318",
            "OTEL_C_EXIT_TIMEOUT": "500"})
        asked = self.names.n_questions
        self.assertEqual(harness.post_json(self.ORDER, "/orders", {"item": "a", "qty": 1}).status, 200)
        harness.wait_until(lambda: self.names.n_questions > asked, what="a lookup of the backend's name")
        began = time.monotonic()
        self.assertEqual(self.order.stop(), 0)
        self.assertLess(time.monotonic() - began, 2 * harness.SLOWNESS)


harness.main()
