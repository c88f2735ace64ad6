# SPDX-License-Identifier: Apache-2.0
"""The order service's store, in a SQLite file: no order is lost or stored twice, whatever happens."""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import allow_descriptors, at_once, get, one, request, run, trace_id, wait_until
from stores import ORDER, WAIT_S, OrdersTest

HAS_SQLITE = os.environ.get("LIBTRACE_HAS_SQLITE", "true") == "true"
KILLS = int(os.environ.get("LIBTRACE_STORE_KILLS", "20"))
CALLS_MAX = 1024  # ORDER_STORE_CALLS_MAX


@unittest.skipUnless(HAS_SQLITE, "built without SQLite")
class StoreTest(OrdersTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "orders.db")
        self.env = {"ORDER_STORE": f"sqlite:{self.file}", "ORDER_STORE_TIMEOUT_MS": str(10 * WAIT_S * 1000),
                    "CHECK_INVENTORY_MS": "0", "LAG_MAX_MS": "0", "DRAIN_TIMEOUT_MS": str(WAIT_S * 1000)}

    def start_store(self, program="order-service", traced=False, env=None):
        return self.start_order(program, traced=traced, env={**self.env, **(env or {})})

    def rows(self):
        """What is stored, by id: (item, qty)."""
        with contextlib.closing(sqlite3.connect(self.file, timeout=WAIT_S)) as db:
            return {f"ord-{n}": (item, qty) for n, item, qty in db.execute("SELECT number, item, qty FROM orders")}

    @contextlib.contextmanager
    def locked(self):
        """While somebody else has the file locked for writing."""
        with contextlib.closing(sqlite3.connect(self.file, timeout=WAIT_S, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")


class Orders(StoreTest):
    def test_orders_have_ids_of_their_own_and_are_read_back(self):
        self.start_store()
        orders = [{"item": item, "qty": i + 1} for i, item in enumerate(("widget", 'a "ü" \\ b', "x" * 256))]
        ids = [self.id_of(self.order_by(order=order)) for order in orders]
        self.assertEqual(len(set(ids)), len(ids))
        for each, order in zip(ids, orders):
            answer = get(self.ORDER, f"/orders/{each}")
            self.assertEqual((answer.status, json.loads(answer.body)), (200, {"order_id": each, **order, "status": "created"}))
            self.assertEqual(request("HEAD", self.ORDER, f"/orders/{each}").body, b"")

    def test_what_is_no_order_s_id_is_404_and_anything_but_get_405(self):
        self.start_store()
        stored = self.id_of(self.order_by())
        for id_ in ("ord-99999", "ord-0", "ord-01", "ord-", "ord-1x", "ord-" + "9" * 18, "ord-" + "9" * 40, "1", "", "ord-1/x"):
            answer = get(self.ORDER, f"/orders/{id_}")
            self.assertEqual((answer.status, json.loads(answer.body)["error"]), (404, "not_found"), id_)
        self.assertEqual(request("DELETE", self.ORDER, f"/orders/{stored}").status, 405)

    def test_orders_are_there_after_a_restart(self):
        self.start_store()
        first = self.id_of(self.order_by("k"))
        self.assertEqual(self.order.stop(), 0)
        self.start_store()
        self.assertEqual(get(self.ORDER, f"/orders/{first}").status, 200)
        self.assertEqual(self.id_of(self.order_by("k")), first)
        self.assertNotEqual(self.id_of(self.order_by()), first)

    def test_a_key_is_stored_once_also_by_many_at_once(self):
        self.start_store()
        ids = at_once(20, lambda i: self.id_of(self.order_by(f"key-{i % 2}")))
        self.assertEqual(len(set(ids)), 2)
        self.assertEqual(self.rows(), {id_: ("widget", 2) for id_ in ids})

    def test_a_key_of_another_order_is_422(self):
        self.start_store()
        first = self.id_of(self.order_by("k"))
        answer = self.order_by("k", {"item": "widget", "qty": 3})
        self.assertEqual((answer.status, json.loads(answer.body)["error"]), (422, "key_reused"))
        self.assertEqual(list(self.rows()), [first])

    def test_what_is_no_key_is_400(self):
        self.start_store()
        for key in ("k" * 65, "a b", "ü"):
            answer = self.order_by(key)
            self.assertEqual((answer.status, json.loads(answer.body)["error"]), (400, "invalid_field"), key)
        self.assertEqual(self.rows(), {})
        self.id_of(self.order_by("k" * 64))

    def test_without_a_store_nothing_is_as_with_one(self):
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "0"})
        self.assertEqual([self.id_of(self.order_by("k" * 65)) for _ in range(2)], ["ord-789"] * 2)
        self.assertEqual(get(self.ORDER, "/orders/ord-789").status, 404)

    def test_the_option_is_as_the_variable(self):
        for option in (["--store", f"sqlite:{self.file}"], [f"--store=sqlite:{self.file}"]):
            self.order = self.start(["order-service", *option], env={"PORT": str(self.ORDER), "ORDER_STORE": "none"})
            self.order.wait_ready(self.ORDER)
            self.assertIn(self.id_of(self.order_by()), self.rows())
            self.assertEqual(self.order.stop(), 0)

    def test_a_url_that_is_none_ends_it_with_2_before_it_serves(self):
        for url, word in (("sqlite:", "sqlite:orders.db"), ("sqlite::memory:", "sqlite:orders.db"), ("oracle:x", "none"),
                          ("sqlite", "none"), ("x@y", "(not shown)")):
            done = run(["order-service", "--store", url], env={"PORT": str(self.ORDER)})
            self.assertEqual((done.code, done.out), (2, ""), done)
            self.assertIn("ORDER_STORE", done.err)
            self.assertIn(word, done.err)
        done = run(["order-service", "--store"])
        self.assertEqual((done.code, done.err), (2, "order-service: --store needs a value; see --help\n"))

    def test_a_file_that_cannot_be_opened_or_is_none_of_ours_is_named_with_the_reason(self):
        with open(self.file, "w") as file:
            file.write("no database" * 100)
        for path, reason in ((self.file, "not a database"), (os.path.join(self.file, "x"), "unable to open")):
            done = run(["order-service"], env={"PORT": str(self.ORDER), "ORDER_STORE": f"sqlite:{path}"})
            self.assertEqual(done.code, 1, done)
            self.assertIn(reason, done.err)


class Refusals(StoreTest):
    def test_a_locked_file_is_503_and_both_spans_say_why(self):
        self.start_backend()
        self.start_store("order-service-custom", traced=True, env={"ORDER_STORE_TIMEOUT_MS": "3000"})
        with self.locked():
            answer = self.order_by("k")
        self.assert_refused(answer, "store_busy")
        spans = self.backend.trace(trace_id(answer), 4, WAIT_S)
        step, insert = one(spans, "insert_order_record"), one(spans, "INSERT orders")
        self.assertEqual((insert.parent, insert.attributes["error.type"]), (step.id, "SQLITE_BUSY"))
        self.assertEqual((step.status, step.attributes["error.type"]), (2, "store_busy"))
        self.assertGreaterEqual(insert.end_ns - insert.start_ns, 500_000_000)
        self.assertIn(f"span_id={step.id}", next(line for line in self.order.lines if "not inserted" in line))
        stored = self.id_of(self.order_by("k"))
        self.assertEqual(list(self.rows()), [stored])

    def test_a_full_queue_is_503_at_once_and_what_is_in_it_is_stored(self):
        allow_descriptors(self, 3 * CALLS_MAX)
        self.start_store(env={"THREADS": "1"})
        body = json.dumps(ORDER).encode()
        head = f"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with contextlib.ExitStack() as stack, self.locked():
            # One is being tried, CALLS_MAX wait.
            connections = []
            for _ in range(CALLS_MAX + 11):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", self.ORDER), timeout=10 * WAIT_S))
                connection.sendall(head.encode() + body)
                connections.append(connection)
            wait_until(lambda: self.order.output.count("refused an order") == 10, WAIT_S, "ten refusals")
            self.assertEqual(self.rows(), {})
            waiting = stack.pop_all()
        with waiting:
            answers = []
            for connection in connections:
                response = http.client.HTTPResponse(connection)
                response.begin()
                answers.append((response.status, json.loads(response.read())))
        refused = [answer for status, answer in answers if status == 503]
        self.assertEqual({answer["error"] for answer in refused}, {"store_busy"})
        ids = [answer["order_id"] for status, answer in answers if status == 200]
        self.assertEqual((len(refused), len(ids)), (10, CALLS_MAX + 1))
        self.assertEqual(sorted(ids), sorted(self.rows()))

    def test_a_full_disk_is_503_and_what_was_answered_stays(self):
        folder = os.path.dirname(self.file)
        mount = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=512k none {folder} && exec "$@"', "sh"]
        if subprocess.run([*mount, "true"], capture_output=True).returncode != 0:
            self.skipTest("needs a file system of its own, which a user may not mount here")
        self.order = self.start([*mount, harness.program_path("order-service")], env={**self.env, "PORT": str(self.ORDER)})
        self.order.wait_ready(self.ORDER)
        other = f"/proc/{self.order.pid}/root{folder}/other"
        with open(other, "wb") as file:
            file.write(bytes(256 * 1024))
        ids, answer = set(), None
        for i in range(1000):
            answer = self.order_by(f"k{i}", {"item": "x" * 256, "qty": 1})
            if answer.status != 200:
                break
            ids.add(self.id_of(answer))
        self.assert_refused(answer, "store_full")
        self.assertGreater(len(ids), 1)
        os.unlink(other)
        ids.add(self.id_of(self.order_by(f"k{len(ids)}", {"item": "x" * 256, "qty": 1})))
        self.assertEqual({get(self.ORDER, f"/orders/{id_}").status for id_ in ids}, {200})


    def test_a_lookup_waits_for_no_insert(self):
        self.start_store()
        stored, answers = self.id_of(self.order_by()), []
        with self.locked():
            waiting = threading.Thread(target=lambda: answers.append(self.order_by()))
            waiting.start()
            self.assertEqual([get(self.ORDER, f"/orders/{stored}").status for _ in range(5)], [200] * 5)
            self.assertEqual(answers, [])
        waiting.join()
        self.id_of(answers[0])


class Stops(StoreTest):
    def test_sigterm_waits_for_the_inserts_in_flight(self):
        self.start_store()
        self.check_sigterm_waits(lambda: self.wait_for_orders(5))

    def wait_for_orders(self, n):
        """Until it has n connections with a request, each of which waits for its insert."""
        def established():
            with open("/proc/net/tcp") as file:
                lines = [line.split() for line in file][1:]
            ours = [line for line in lines if line[1].endswith(f":{self.ORDER:04X}") and line[3] == "01"]
            return len(ours) >= n and all(line[4].endswith(":00000000") for line in ours)
        wait_until(established, WAIT_S, f"{n} orders")

    def test_a_client_that_goes_leaves_its_insert_behind_which_is_its_own_when_it_comes_back(self):
        self.start_store()
        with self.locked():
            connection = http.client.HTTPConnection("127.0.0.1", self.ORDER)
            connection.request("POST", "/orders", json.dumps(ORDER),
                               {"Content-Type": "application/json", "Idempotency-Key": "k"})
            self.wait_for_orders(1)
            connection.close()
            self.order.signal(signal.SIGTERM)
            wait_until(lambda: not harness.answers(self.ORDER), WAIT_S, "it drains")
            self.assertEqual(self.rows(), {})
        self.assertEqual(self.order.wait(WAIT_S), 0, self.order.output)
        (stored,) = self.rows()
        self.start_store()
        self.assertEqual(self.id_of(self.order_by("k")), stored)
        self.assertEqual(list(self.rows()), [stored])

    def test_kill_9_at_200_orders_a_second_loses_none_and_stores_none_twice(self):
        self.start_store()
        self.start_gateway(traced=False, env={"ORDER_RETRIES": "100", "ORDER_TIMEOUT_MS": str(WAIT_S * 1000), "LAG_MAX_MS": "0"})
        n_clients, period_s = 20, 0.1
        done, answered, failed = threading.Event(), {}, []

        def buy(client):
            connection = http.client.HTTPConnection("127.0.0.1", self.GATEWAY, timeout=2 * WAIT_S)
            due, i = time.monotonic(), 0
            while not done.wait(max(0, due - time.monotonic())):
                item = f"{client}-{i}"
                connection.request("GET", f"/checkout?item={item}")
                response = connection.getresponse()
                body = json.loads(response.read())
                if response.status == 200:
                    answered[item] = body["order"]["order_id"]
                else:
                    failed.append((item, response.status, body))
                due, i = due + period_s, i + 1
            connection.close()

        threads = [threading.Thread(target=buy, args=(i,)) for i in range(n_clients)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            n = len(answered)
            wait_until(lambda: len(answered) >= n + 2 * n_clients, WAIT_S, "orders")  # noqa: B023: called at once
            self.order.kill()
            self.forget(self.order)
            self.start_store()
        done.set()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        self.assertEqual(failed, [])
        stored = self.rows()
        harness.note(f"{len(answered)} orders, {len(answered) / seconds:.0f} a second, {KILLS} kills")
        self.assertEqual(len(stored), len(answered))
        self.assertEqual({id_: item for id_, (item, _) in stored.items()}, {id_: item for item, id_ in answered.items()})


class Traces(StoreTest):
    def check_slow_insert(self, program, n_spans):
        self.start_backend()
        self.start_store(program, traced=True, env={"ORDER_STORE_LOCK_MS": "1500"})
        self.start_gateway()
        answer = get(self.GATEWAY, "/checkout", timeout=WAIT_S)
        self.assertEqual(answer.status, 200, answer)
        return self.backend.trace(trace_id(answer), n_spans, WAIT_S)

    def test_the_trace_of_a_slow_insert_shows_the_wait_for_the_lock(self):
        spans = self.check_slow_insert("order-service-custom", 6)
        server, step, insert = one(spans, "POST /orders"), one(spans, "insert_order_record"), one(spans, "INSERT orders")
        self.assertEqual((step.parent, insert.parent, insert.kind), (server.id, step.id, "CLIENT"))
        self.assertEqual((insert.attributes["db.system.name"], insert.attributes["db.namespace"]), ("sqlite", self.file))
        self.assertGreaterEqual(insert.end_ns - insert.start_ns, 500_000_000)  # but for what its thread came too late
        self.assertLessEqual((step.start_ns, insert.end_ns), (insert.start_ns, step.end_ns))
        line = next(line for line in self.order.lines if "order record inserted" in line)
        self.assertIn(f"trace_id={step.trace_id} span_id={step.id}", line)
        # The one that has held the lock is a trace of its own.
        (other,) = [trace for trace in self.backend.traces("order-service") if trace[0].name == "BEGIN SELECT COMMIT"]
        self.assertGreaterEqual(other[0].end_ns - other[0].start_ns, 1_500_000_000)
        self.assertLess(other[0].start_ns, insert.start_ns)

    def test_without_a_line_of_tracing_code_the_request_is_as_slow(self):
        spans = self.check_slow_insert("order-service", 3)
        server = one(spans, "POST /orders")
        self.assertGreaterEqual(server.end_ns - server.start_ns, 1_400_000_000)

    def test_what_is_sent_again_has_the_same_key_and_the_same_trace(self):
        """The same trace where the agent follows the timer that sends it again."""
        keys = []

        def drop(connection, request_):
            keys.append(re.search(rb"(?i)\r\nidempotency-key: *(\w+)", request_)[1])
            if len(keys) == 3:
                connection.sendall(harness.http_bytes(200, b'{"order_id":"ord-1","status":"created"}'))

        self.start_backend()
        self.serve_raw(self.ORDER, drop)
        self.start_gateway(env={"ORDER_RETRIES": "2"})
        answer = get(self.GATEWAY, "/checkout", timeout=WAIT_S)
        self.assertEqual((answer.status, len(keys), len(set(keys)), len(keys[0])), (200, 3, 1, 32))
        n_followed = 3 if harness.IS_H2O_2_2 else 1
        spans = self.backend.trace(trace_id(answer), 1 + n_followed, WAIT_S)
        calls = [span for span in spans if span.kind == "CLIENT"]
        self.assertEqual([call.parent for call in calls], [one(spans, "GET /checkout").id] * n_followed)
        # Then nothing is sent again, and the next one has another key.
        self.assertEqual(get(self.GATEWAY, "/checkout", timeout=WAIT_S).status, 502)
        self.assertEqual((len(keys), len(set(keys))), (6, 2))

    def test_a_lookup_is_a_client_span_under_its_request(self):
        self.start_backend()
        self.start_store("order-service-custom", traced=True)
        stored = self.id_of(self.order_by())
        answer = get(self.ORDER, f"/orders/{stored}")
        spans = self.backend.trace(trace_id(answer), 2, WAIT_S)
        (server,) = [span for span in spans if span.kind == "SERVER"]
        self.assertEqual(one(spans, "SELECT orders").parent, server.id)
        self.assertEqual(server.name, "GET " + server.attributes["http.route"])


if __name__ == "__main__":
    harness.main()
