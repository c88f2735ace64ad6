# SPDX-License-Identifier: Apache-2.0
"""--faults: what can be made to go wrong, who may switch it, and how each shows in a trace."""
import fcntl
import http.client
import json
import signal
import socket
import struct

import harness
from harness import StackTest, get, http_bytes, one, post_json, read_request, request, run, trace_id, tree, wait_until

FAULTS = {
    "order-service": ["slow-dependency", "error-rate", "big-order", "queue-of-one", "small-cache"],
    "api-gateway": ["retry-storm", "n-plus-one", "lost-context", "slow-name-server"],
}
ORDERS = {"order-service", "order-service-custom", "order-service-manual"}
WIDGET = {"item": "widget", "qty": 1}


def ms(span):
    return (span.end_ns - span.start_ns) / 1e6


class FaultTest(StackTest):
    """Durations are short, and one thread has all orders."""

    def start_faulty_order(self, program="order-service-custom", traced=False, **env):
        return self.start_order(program, traced, {
            "CHECK_INVENTORY_MS": "30", "INSERT_ORDER_RECORD_MS": "60", "ORDER_PROCESSING_MS": "60", "THREADS": "1",
            "LAG_MAX_MS": "0", **env}, ["--faults"])

    def start_faulty_gateway(self, traced=False, **env):
        return self.start_gateway("api-gateway", traced, {
            "THREADS": "1", "ORDER_TIMEOUT_MS": "60000", "LAG_MAX_MS": "0", **env}, ["--faults"])

    def faults(self, port):
        answer = get(port, "/faults")
        self.assertEqual(answer.status, 200, answer)
        return {fault["name"]: fault for fault in json.loads(answer.body)["faults"]}

    def order_status(self, qty=1, fault=None):
        return post_json(self.ORDER, "/orders", {"item": "widget", "qty": qty},
                         {"X-Fault": fault} if fault else None).status

    def begin_order(self, item="widget", fault=None):
        """On a connection of its own, whose answer is still to be read."""
        body = json.dumps({"item": item, "qty": 1}).encode()
        head = ["POST /orders HTTP/1.1", "Host: a", "Content-Type: application/json", f"Content-Length: {len(body)}",
                *([f"X-Fault: {fault}"] if fault else []), "", ""]
        connection = socket.create_connection(("127.0.0.1", self.ORDER), timeout=60 * harness.SLOWNESS)
        self.addCleanup(connection.close)
        connection.sendall("\r\n".join(head).encode() + body)
        return connection

    def logged(self, text):
        return sum(text in line for line in self.order.lines)

    def wait_logged(self, text, n):
        wait_until(lambda: self.logged(text) >= n, 60, f"{n} times {text!r}")

    def begin_orders(self, n):
        """One after the other: each has come to its insert before the next is sent."""
        connections = []
        for i in range(n):
            connections.append(self.begin_order())
            self.wait_logged("inventory checked", i + 1)
        return connections

    def assert_answered(self, connection, status=200):
        self.assertRegex(read_request(connection).decode(), rf"^HTTP/1\.1 {status} ")


class Switches(FaultTest):
    def start_both(self):
        self.start_faulty_order("order-service")
        self.start_faulty_gateway()
        return (self.ORDER, "order-service"), (self.GATEWAY, "api-gateway")

    def test_a_list_says_what_there_is_how_much_of_it_and_what_is_on(self):
        for port, service in self.start_both():
            faults = self.faults(port)
            self.assertEqual(set(FAULTS[service]) - set(faults), set())
            for name, fault in faults.items():
                self.assertEqual(set(fault), {"name", "size", "unit", "usual_size", "max", "help"})
                self.assertEqual(fault["size"], 0, name)
                self.assertTrue(0 < fault["usual_size"] <= fault["max"], fault)
                self.assertTrue(fault["help"] and fault["unit"], fault)

    def test_a_put_switches_on_to_a_size_and_off(self):
        for port, service in self.start_both():
            for name, fault in self.faults(port).items():
                for body, size in ((None, fault["usual_size"]), (fault["max"], fault["max"]), (0, 0), ("01", 1)):
                    self.assertEqual(self.switch_fault(port, name, body), size)
                    self.assertEqual(self.faults(port)[name]["size"], size)
                self.switch_fault(port, name, 0)

    def test_what_is_no_size_is_refused_and_nothing_changes(self):
        for port, service in self.start_both():
            for name, fault in self.faults(port).items():
                self.switch_fault(port, name, 1)
                for body in (str(fault["max"] + 1), "18446744073709551617", "9" * 1000, "-1", "+1", "one", "1ms", "0x1",
                             "1.5", " ", " 1", "1\n", "\0"):
                    answer = request("PUT", port, f"/faults/{name}", body)
                    self.assertEqual((answer.status, json.loads(answer.body)["error"]), (400, "invalid_size"), body)
                    self.assertIn(f"from 0 to {fault['max']} ({fault['unit']})", json.loads(answer.body)["message"])
                self.assertEqual(self.faults(port)[name]["size"], 1)

    def test_unknown_faults_and_other_methods_are_refused(self):
        for port, service in self.start_both():
            name = FAULTS[service][0]
            for path in ("/faults/nothing", f"/faults/{name}x", f"/faults/{name[:-1]}", "/faults/", f"/faults/{name}/"):
                self.assertEqual(request("PUT", port, path).status, 404, path)
            for method, path, allow in (("GET", f"/faults/{name}", "PUT"), ("DELETE", f"/faults/{name}", "PUT"),
                                        ("PUT", "/faults", "GET, HEAD"), ("POST", "/faults", "GET, HEAD")):
                answer = request(method, port, path)
                self.assertEqual((answer.status, answer.headers["allow"]), (405, allow), (method, path))
            self.assertEqual({fault["size"] for fault in self.faults(port).values()}, {0})

    def test_each_switch_is_logged_for_those_who_debug(self):
        self.start_faulty_order(LOG_LEVEL="debug")
        self.switch_fault(self.ORDER, "big-order", 7)
        self.wait_logged("fault switched", 1)
        self.assertRegex(self.order.output, r"fault switched.*big-order.*7")


class Clients(FaultTest):
    OTHER = "192.0.2.1"

    def statuses(self, address):
        statuses = []
        for method, path in (("GET", "/faults"), ("PUT", "/faults/error-rate"), ("PUT", "/faults/nothing")):
            connection = http.client.HTTPConnection(address, self.ORDER, timeout=30 * harness.SLOWNESS)
            connection.request(method, path)
            answer = connection.getresponse()
            statuses.append((answer.status, json.loads(answer.read()).get("error")))
            connection.close()
        return statuses

    def test_another_machine_may_neither_see_nor_switch(self):
        if not harness.has_own_network:
            self.skipTest("needs a network of its own, to have another address there")
        with socket.socket() as s:  # ip address add 192.0.2.1 dev lo
            fcntl.ioctl(s, 0x8916, struct.pack("16sHH4s16x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(self.OTHER)))
        self.start_faulty_order(HOST="0.0.0.0")
        self.assertEqual(self.statuses(self.OTHER), 3 * [(403, "not_loopback")])
        self.assertEqual(self.faults(self.ORDER)["error-rate"]["size"], 0)
        self.assertEqual([status for status, _ in self.statuses("127.0.0.1")], [200, 200, 404])

    def test_both_loopbacks_of_a_port_for_ipv4_and_ipv6_may(self):
        try:
            socket.create_server(("::1", self.ORDER), family=socket.AF_INET6).close()
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        self.start_faulty_order(HOST="::")
        for address in ("::1", "127.0.0.1"):
            self.assertEqual([status for status, _ in self.statuses(address)], [200, 200, 404], address)


class CommandLine(FaultTest):
    def test_without_the_option_there_are_none(self):
        self.start_order("order-service", False, {"ORDER_PROCESSING_MS": "0"})
        self.start_gateway("api-gateway", False)
        for port in (self.ORDER, self.GATEWAY):
            self.assertEqual(get(port, "/faults").status, 404)
            self.assertEqual(request("PUT", port, "/faults/x").status, 404)
        self.assertEqual(request("PUT", self.ORDER, "/faults/error-rate").status, 404)
        self.assertEqual(self.order_status(fault="error-rate=100"), 200)

    def test_order_services_of_all_kinds_have_it(self):
        for program in sorted(ORDERS):
            self.start_faulty_order(program, OTEL_SDK_DISABLED="true")
            self.assertEqual(set(FAULTS["order-service"]) - set(self.faults(self.ORDER)), set(), program)
            self.assertEqual(self.order_status(fault="error-rate=100"), 500, program)
            self.order.stop()

    def test_help_names_it(self):
        for program in (*sorted(ORDERS), "api-gateway"):
            help_text = run([program, "--help"]).out
            self.assertRegex(help_text, r"(?m)^Usage: .* \[--faults\]", program)
            self.assertRegex(help_text, r"(?m)^--faults: .*GET /faults", program)

    def test_a_value_is_refused(self):
        for program in (*sorted(ORDERS), "api-gateway"):
            for option in ("--faults=x", "--faults=", "--faultsx", "--fault"):
                done = run([program, option])
                self.assertEqual((done.code, done.out), (2, ""), done)
                self.assertIn(option, done.err)

    def test_the_gateway_with_spans_by_hand_has_none(self):
        done = run(["api-gateway-manual", "--faults"])
        self.assertEqual((done.code, done.out), (2, ""), done)
        self.assertIn("--faults", done.err)
        self.assertNotIn("--faults", run(["api-gateway-manual", "--help"]).out)


class Header(FaultTest):
    """X-Fault, by which a request alone has a fault."""

    def test_it_holds_for_its_request_only(self):
        self.start_faulty_order()
        for fault, qty, status in (
            ("error-rate=100", 1, 500), (None, 1, 200),
            ("big-order", 899, 200), ("big-order", 900, 500), (None, 900, 200),
            ("big-order=5", 5, 500), ("big-order=5", 4, 200),
        ):
            self.assertEqual(self.order_status(qty, fault), status, (fault, qty))
        self.assertEqual({fault["size"] for fault in self.faults(self.ORDER).values()}, {0})

    def test_it_is_a_list_with_blanks_and_names_of_other_services(self):
        self.start_faulty_order()
        for fault in ("nothing, big-order=5", "big-order=5,nothing=7", "  nothing=x\t,\tbig-order=5 ", ",,big-order=5,",
                      "big-orders=9, big-order=5", "slow-dependency=1, big-order=5, error-rate=0"):
            self.assertEqual(self.order_status(5, fault), 500, fault)
            self.assertEqual(self.order_status(4, fault), 200, fault)

    def test_a_size_that_is_none_is_as_if_it_was_not_there(self):
        self.start_faulty_order()
        wrong = ("big-order=x", "big-order=-1", "big-order=", "big-order=1000001", "big-order =5", "big-order= 5",
                 "big-order=5x", "big-order;5", "big-orderx", "big-orde", "BIG-ORDER=5", "=5", "=", ",")
        for fault in wrong:
            self.assertEqual(self.order_status(900, fault), 200, fault)
        self.switch_fault(self.ORDER, "big-order", 5)
        for fault in wrong:
            self.assertEqual(self.order_status(5, fault), 500, fault)
            self.assertEqual(self.order_status(4, fault), 200, fault)

    def test_it_goes_before_the_switch(self):
        self.start_faulty_order()
        self.switch_fault(self.ORDER, "big-order", 5)
        self.assertEqual(self.order_status(5, "big-order=0"), 200)
        self.assertEqual(self.order_status(5, "big-order=6"), 200)
        self.assertEqual(self.order_status(5), 500)

    def test_the_gateway_sends_it_on(self):
        orders = self.serve_raw(self.ORDER, http_bytes(200, b'{"order_id":"ord-789","status":"created"}'))
        self.start_faulty_gateway()
        value = "nothing=1, lost-context=0,slow-dependency=5"
        self.assertEqual(get(self.GATEWAY, "/checkout", headers={"X-Fault": value}).status, 200)
        self.assertEqual(get(self.GATEWAY, "/checkout").status, 200)
        self.assertEqual([f"x-fault: {value}\r\n".encode() in sent for sent in orders.requests], [True, False])

    def test_a_gateway_without_faults_does_not(self):
        orders = self.serve_raw(self.ORDER, http_bytes(200, b'{"order_id":"ord-789","status":"created"}'))
        self.start_gateway(traced=False)
        self.assertEqual(get(self.GATEWAY, "/checkout", headers={"X-Fault": "n-plus-one=3"}).status, 200)
        self.assertEqual([b"x-fault" in sent.lower() for sent in orders.requests], [False])


class OrderTraces(FaultTest):
    """What order-service-custom's faults look like."""

    def start_traced(self, **env):
        self.start_backend()
        self.start_faulty_order(traced=True, **env)

    def trace_of(self, answer, n=3):
        return self.backend.trace(trace_id(answer), n, 30)

    def traces(self, n):
        """Those of n orders that have ended, in the order of their beginning."""
        def whole():
            return [spans for spans in self.backend.traces("order-service") if len(spans) == 3]

        wait_until(lambda: len(whole()) >= n, 60, f"{n} traces")
        self.assertEqual(len(whole()), n)
        return sorted(whole(), key=lambda spans: spans[0].start_ns)

    def test_a_slow_dependency_is_a_long_first_step(self):
        self.start_traced()
        self.switch_fault(self.ORDER, "slow-dependency", 300)
        spans = self.trace_of(post_json(self.ORDER, "/orders", WIDGET))
        self.assertGreaterEqual(ms(one(spans, "check_inventory")), 325)
        self.assertGreaterEqual(ms(one(spans, "insert_order_record")), 55)
        self.assertEqual({span.status for span in spans}, {0})

    def test_an_error_rate_is_exact(self):
        self.start_traced(CHECK_INVENTORY_MS="0", INSERT_ORDER_RECORD_MS="0")
        self.switch_fault(self.ORDER, "error-rate", 25)
        self.assertEqual([self.order_status() for _ in range(20)].count(500), 5)
        failed = [spans for spans in self.traces(20) if one(spans, "POST /orders").status == 2]
        self.assertEqual(len(failed), 5)
        for spans in failed:
            insert = one(spans, "insert_order_record")
            self.assertEqual((insert.status, insert.message), (2, "the record was refused"))
            self.assertEqual(insert.attributes["error.type"], "insert_failed")
            self.assertEqual(one(spans, "POST /orders").attributes["http.response.status_code"], 500)

    def test_big_orders_fail_and_their_spans_say_how_big_they_were(self):
        self.start_traced(CHECK_INVENTORY_MS="0", INSERT_ORDER_RECORD_MS="0")
        self.switch_fault(self.ORDER, "big-order", 5)
        self.assertEqual([self.order_status(qty) for qty in (1, 4, 5, 6)], [200, 200, 500, 500])
        inserts = [one(spans, "insert_order_record") for spans in self.traces(4)]
        self.assertEqual([(span.attributes["order.qty"], span.status) for span in inserts],
                         [(1, 0), (4, 0), (5, 2), (6, 2)])

    def test_in_a_queue_of_one_an_insert_begins_when_the_one_before_has_ended(self):
        self.start_traced(INSERT_ORDER_RECORD_MS="200")
        self.switch_fault(self.ORDER, "queue-of-one")
        for connection in [self.begin_order() for _ in range(4)]:
            self.assert_answered(connection)
        ends = sorted(one(spans, "insert_order_record").end_ns for spans in self.traces(4))
        for before, after in zip(ends, ends[1:]):
            self.assertGreaterEqual((after - before) / 1e6, 195)

    def test_what_is_in_a_small_cache_takes_no_time(self):
        self.start_traced(CHECK_INVENTORY_MS="1000", INSERT_ORDER_RECORD_MS="0")
        self.switch_fault(self.ORDER, "small-cache", 2)
        connections = []
        for i, item in enumerate("aababcbcaa"):
            connections.append(self.begin_order(item))
            self.wait_logged("order received", i + 1)
        for connection in connections:
            self.assert_answered(connection)
        checks = [one(spans, "check_inventory") for spans in self.traces(10)]
        self.assertEqual("".join(span.attributes["item"] for span in checks), "aababcbcaa")
        self.assertEqual("".join("-*"[ms(span) < 990] for span in checks), "-*-**-**-*")


class Queue(FaultTest):
    """Who leaves the queue of one makes room for the next."""

    def test_a_client_that_goes_while_it_waits_leaves_the_queue(self):
        self.start_faulty_order(INSERT_ORDER_RECORD_MS="1000")
        self.switch_fault(self.ORDER, "queue-of-one")
        first, second, third, fourth = self.begin_orders(4)
        third.close()
        self.wait_logged("order cancelled", 1)
        fourth.close()  # the last in the queue
        self.wait_logged("order cancelled", 2)
        fifth = self.begin_order()
        for connection in (first, second, fifth):
            self.assert_answered(connection)
        self.assertEqual(self.order_status(), 200)

    def test_a_client_that_goes_while_it_has_its_turn_gives_it_to_the_next(self):
        self.start_faulty_order(INSERT_ORDER_RECORD_MS="600000")
        self.switch_fault(self.ORDER, "queue-of-one")
        connections = self.begin_orders(3)
        for i, connection in enumerate(connections):
            connection.close()
            self.wait_logged("order cancelled", i + 1)
        self.switch_fault(self.ORDER, "error-rate", 100)
        self.assertEqual(self.order_status(), 500)

    def test_those_who_wait_when_it_is_switched_off_have_their_turn(self):
        self.start_faulty_order(INSERT_ORDER_RECORD_MS="300")
        self.switch_fault(self.ORDER, "queue-of-one")
        connections = self.begin_orders(3)
        self.switch_fault(self.ORDER, "queue-of-one", 0)
        for connection in connections:
            self.assert_answered(connection)

    def test_sigterm_waits_for_all_who_are_in_the_queue(self):
        self.start_faulty_order(INSERT_ORDER_RECORD_MS="300", DRAIN_TIMEOUT_MS="120000")
        self.switch_fault(self.ORDER, "queue-of-one")
        connections = self.begin_orders(4)
        self.order.signal(signal.SIGTERM)
        for connection in connections:
            self.assert_answered(connection)
        self.assertEqual(self.order.wait(120), 0, self.order.output)

    def test_sigterm_ends_with_the_queue_after_the_drain_timeout(self):
        self.start_faulty_order(INSERT_ORDER_RECORD_MS="600000", DRAIN_TIMEOUT_MS="300")
        self.switch_fault(self.ORDER, "queue-of-one")
        connections = self.begin_orders(3)
        self.order.signal(signal.SIGTERM)
        self.assertEqual(self.order.wait(120), 1, self.order.output)
        self.assertIn("stopped with requests unanswered", self.order.output)
        self.assertNotIn("Sanitizer", self.order.output)
        self.forget(self.order)
        for connection in connections:
            connection.close()

    def test_a_client_that_goes_during_a_slow_dependency_ends_its_order(self):
        self.start_faulty_order()
        connection = self.begin_order(fault="slow-dependency=60000, queue-of-one")
        self.wait_logged("order received", 1)
        connection.close()
        self.wait_logged("order cancelled", 1)
        self.assertEqual(self.order_status(fault="queue-of-one"), 200)


class GatewayTraces(FaultTest):
    """What the gateway's faults look like."""

    CALL = [("api-gateway", "CLIENT", "POST"), [[("order-service", "SERVER", "POST /orders"), []]]]

    def start_traced(self):
        self.start_backend()
        self.start_faulty_order("order-service", traced=True, ORDER_PROCESSING_MS="0")
        self.start_faulty_gateway(traced=True)

    def checkout(self, fault=None, status=200, n_calls=1):
        """Returns the spans of the calls, with those of the order service."""
        answer = get(self.GATEWAY, "/checkout", headers={"X-Fault": fault} if fault else None)
        self.assertEqual(answer.status, status, answer)
        spans = self.backend.trace(trace_id(answer), 1 + 2 * n_calls, 60)
        self.assertEqual(tree(spans), [[("api-gateway", "SERVER", "GET /checkout"), n_calls * [self.CALL]]])
        return ([span for span in spans if span.kind == "CLIENT"],
                sorted((span for span in spans if span.name == "POST /orders"), key=lambda span: span.start_ns))

    def test_a_retry_storm_sends_an_order_again_until_it_is_stored_or_enough(self):
        self.start_traced()
        calls, orders = self.checkout("retry-storm=3, error-rate=100", 502, 4)
        self.assertEqual([span.attributes["http.response.status_code"] for span in calls + orders], 8 * [500])
        for before, after in zip(calls, calls[1:]):
            self.assertGreaterEqual(after.start_ns, before.end_ns)
        self.switch_fault(self.ORDER, "error-rate", 50)
        self.switch_fault(self.GATEWAY, "retry-storm")
        self.assertEqual(sorted(len(self.checkout(None, 200, n)[0]) for n in (1, 2)), [1, 2])

    def test_n_plus_one_calls_one_after_the_other(self):
        self.start_traced()
        self.switch_fault(self.GATEWAY, "n-plus-one", 5)
        calls, _ = self.checkout(n_calls=5)
        for before, after in zip(calls, calls[1:]):
            self.assertGreaterEqual(after.start_ns, before.end_ns)
        self.checkout("n-plus-one=1")
        self.checkout("n-plus-one=0")

    def test_a_lost_context_makes_the_order_a_trace_of_its_own(self):
        self.start_traced()
        answer = get(self.GATEWAY, "/checkout", headers={"X-Fault": "lost-context"})
        spans = self.backend.trace(trace_id(answer), 2, 60)
        self.assertEqual([(span.service, span.kind) for span in spans],
                         [("api-gateway", "SERVER"), ("api-gateway", "CLIENT")])
        wait_until(lambda: self.backend.traces("order-service"), 60, "the order's trace")
        (order,), = self.backend.traces("order-service")
        self.assertEqual((order.name, order.parent), ("POST /orders", ""))
        self.assertNotEqual(order.trace_id, spans[0].trace_id)
        self.checkout()

    def test_a_slow_name_server_is_a_gap_before_each_order(self):
        self.start_traced()
        self.switch_fault(self.GATEWAY, "slow-name-server", 200)
        for _ in range(3):
            (call,), (order,) = self.checkout()
            self.assertGreaterEqual((order.start_ns - call.start_ns) / 1e6, 195)
        (call,), (order,) = self.checkout("slow-name-server=400")
        self.assertGreaterEqual((order.start_ns - call.start_ns) / 1e6, 395)
        self.checkout("slow-name-server=0")

    def test_a_client_that_goes_ends_its_retry_storm(self):
        answered = []

        def reply(connection, sent):
            answered.append(sent)
            if len(answered) < 3:
                connection.sendall(http_bytes(500))
            elif len(answered) == 3:
                client.close()
                connection.recv(1)  # until the gateway gives the call up
                answered.append(b"")
            else:
                connection.sendall(http_bytes(200, b'{"order_id":"ord-789","status":"created"}'))

        self.serve_raw(self.ORDER, reply)
        self.start_faulty_gateway()
        client = socket.create_connection(("127.0.0.1", self.GATEWAY), timeout=60)
        self.addCleanup(client.close)
        client.sendall(b"GET /checkout HTTP/1.1\r\nHost: a\r\nX-Fault: retry-storm=100\r\n\r\n")
        wait_until(lambda: len(answered) == 4, 60, "the call's end")
        self.assertEqual(get(self.GATEWAY, "/checkout").status, 200)
        self.assertEqual(len(answered), 5)


if __name__ == "__main__":
    harness.main()
