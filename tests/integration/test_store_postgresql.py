# SPDX-License-Identifier: Apache-2.0
"""The order service's store in a real PostgreSQL: no order is lost or stored twice, whatever becomes of the database."""
import contextlib
import json
import os
import socket
import threading
import unittest

import harness
from databases import POSTGRESQL_PORT as PORT, PostgreSQL
from harness import at_once, get, one, run, trace_id, wait_until
from stores import WAIT_S, OrdersTest

HAS_POSTGRESQL = os.environ.get("LIBTRACE_HAS_POSTGRESQL", "true") == "true"
TCP = f"postgresql://postgres@127.0.0.1:{PORT}/postgres"
NAME = f"postgresql://postgres@localhost:{PORT}/postgres"


@unittest.skipUnless(HAS_POSTGRESQL, "built without libpq")
@unittest.skipIf(PostgreSQL.missing(), PostgreSQL.missing())
class StoreTest(OrdersTest):
    @classmethod
    def setUpClass(cls):
        cls.server = PostgreSQL()
        cls.addClassCleanup(cls.server.remove)
        cls.unix = f"postgresql:///postgres?host={cls.server.folder}&port={PORT}&user=postgres"

    def setUp(self):
        super().setUp()
        self.sql("DROP TABLE IF EXISTS orders")

    def sql(self, text):
        """What psql prints for it, line by line."""
        done = run(["psql", "-qXtA", "-v", "ON_ERROR_STOP=1", f"host={self.server.folder} port={PORT} user=postgres dbname=postgres",
                    "-c", "SET client_min_messages = error", "-c", text], timeout=WAIT_S)
        self.assertEqual((done.code, done.err), (0, ""), text)
        return done.out.splitlines()

    def rows(self):
        """What is stored: its key by its id."""
        return {f"ord-{number}": key for number, key in (line.split("|") for line in self.sql("SELECT id, key FROM orders"))}

    def is_true(self, condition):
        return self.sql(f"SELECT {condition}") == ["t"]

    def start_store(self, program="order-service", traced=False, url=TCP, env=None):
        return self.start_order(program, traced=traced, env={
            "ORDER_STORE": url, "ORDER_STORE_TIMEOUT_MS": str(WAIT_S * 1000), "CHECK_INVENTORY_MS": "0", "LAG_MAX_MS": "0",
            **(env or {})})

    def stored(self, key):
        """Its id, once a loop that has a connection again takes it."""
        return self.id_of(wait_until(lambda: [answer for answer in [self.order_by(key)] if answer.status == 200], WAIT_S, key)[0])

    def wait_for_log(self, text):
        wait_until(lambda: text in self.order.output, WAIT_S, text)

    @contextlib.contextmanager
    def locked(self):
        """While another session has the table locked."""
        locker = harness.Program(["psql", "-qX", f"host={self.server.folder} port={PORT} user=postgres dbname=postgres", "-c",
                                  "BEGIN; LOCK TABLE orders IN SHARE MODE; SELECT pg_sleep(1000)"])
        try:
            self.wait_for_lock()
            yield
        finally:
            self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' "
                     "AND pid <> pg_backend_pid()")
            locker.wait(WAIT_S)

    def end_sessions(self):
        """Of the service."""
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'order-service'")

    def wait_for_lock(self):
        wait_until(lambda: self.is_true("EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass('orders') AND granted "
                                        "AND mode = 'ShareLock')"), WAIT_S, "the lock")

    def wait_for_inserts(self, n):
        """Until n sessions wait for the lock."""
        wait_until(lambda: self.is_true(f"count(*) >= {n} FROM pg_locks WHERE relation = to_regclass('orders') AND NOT granted"),
                   WAIT_S, f"{n} that wait")


class Orders(StoreTest):
    def test_orders_are_stored_and_read_back_over_tcp_by_name_and_a_socket(self):
        for url in (TCP, NAME, self.unix):
            with self.subTest(url=url):
                self.start_store(url=url)
                orders = [{"item": item, "qty": i + 1} for i, item in enumerate(("widget", 'a "ü" \\ b\'; --', "x" * 256))]
                ids = [self.id_of(self.order_by(order=order)) for order in orders]
                self.assertEqual(len(set(ids)), len(ids))
                for each, order in zip(ids, orders):
                    answer = get(self.ORDER, f"/orders/{each}")
                    self.assertEqual((answer.status, json.loads(answer.body)),
                                     (200, {"order_id": each, **order, "status": "created"}))
                self.assertEqual(get(self.ORDER, "/orders/ord-999999").status, 404)
                self.assertEqual(self.order.stop(), 0)
        self.assertEqual(len(self.rows()), 9)

    def test_a_key_is_stored_once_also_by_many_at_once_and_another_order_with_it_is_422(self):
        self.start_store(env={"THREADS": "2"})
        ids = at_once(20, lambda i: self.id_of(self.order_by(f"key-{i % 2}")))
        self.assertEqual(len(set(ids)), 2)
        self.assertEqual(sorted(self.rows().values()), ["key-0", "key-1"])
        self.assertEqual(self.order_by("key-0", {"item": "widget", "qty": 3}).status, 422)
        self.assertEqual(len(self.rows()), 2)

    def test_services_that_start_at_once_make_one_table(self):
        ports = range(8101, 8105)
        for port in ports:
            self.start(["order-service"], env={"PORT": str(port), "ORDER_STORE": NAME, "THREADS": "1"})
        for program, port in zip(self.programs, ports):
            program.wait_ready(port)
        ids = at_once(len(ports), lambda i: self.id_of(self.order_by(port=ports[i])))
        self.assertEqual(set(self.rows()), set(ids))
        self.assertEqual([line for program in self.programs for line in program.lines if "cannot be reached" in line], [])

    def test_a_url_that_is_none_ends_it_with_2_before_it_serves(self):
        for url, word in (("postgresql://a,b/c", "more than one host"), ("postgresql://u:secret@h:1/c?x=y", "(not shown)"),
                          ("postgresql:///c?service=s", "service file")):
            done = run(["order-service", "--store", url], env={"PORT": str(self.ORDER)})
            self.assertEqual((done.code, done.out), (2, ""), done)
            self.assertIn("ORDER_STORE", done.err)
            self.assertIn(word, done.err)
            self.assertNotIn("secret", done.err)


class Refusals(StoreTest):
    def test_a_wrong_password_no_database_and_no_server_are_503_and_a_line_of_the_log(self):
        with open(os.path.join(self.server.data, "pg_hba.conf")) as file:
            rules = file.read()
        self.sql("DROP ROLE IF EXISTS guest")
        self.sql("CREATE ROLE guest LOGIN PASSWORD 'right'")
        try:
            with open(os.path.join(self.server.data, "pg_hba.conf"), "w") as file:
                file.write("host all guest 127.0.0.1/32 scram-sha-256\n" + rules)
            self.sql("SELECT pg_reload_conf()")
            wait_until(lambda: self.is_true("EXISTS (SELECT FROM pg_hba_file_rules WHERE 'guest' = ANY(user_name))"), WAIT_S, "the rule")
            for url, reason in ((f"postgresql://guest:wrong@127.0.0.1:{PORT}/postgres", "password authentication failed"),
                                (f"postgresql://postgres@127.0.0.1:{PORT}/nothing", 'database \\"nothing\\" does not exist'),
                                ("postgresql://postgres@127.0.0.1:1/postgres", "Connection refused"),
                                ("postgresql://postgres@no.such.host.invalid/postgres", "no.such.host.invalid: ")):
                with self.subTest(url=url):
                    self.start_store(url=url)
                    self.assert_refused(self.order_by("k"))
                    self.assert_refused(get(self.ORDER, "/orders/ord-1"))
                    self.assertIn("the database cannot be reached", self.order.output)
                    self.assertIn(reason, self.order.output)
                    self.assertNotIn("wrong", self.order.output)
                    self.assertEqual(self.order.stop(), 0)
        finally:
            with open(os.path.join(self.server.data, "pg_hba.conf"), "w") as file:
                file.write(rules)
            self.sql("SELECT pg_reload_conf()")

    def test_a_locked_table_is_503_and_both_spans_say_why(self):
        self.start_backend()
        self.start_store("order-service-custom", traced=True, env={"ORDER_STORE_TIMEOUT_MS": "300"})
        with self.locked():
            answer = self.order_by("k")
            self.assert_refused(answer, "store_busy")
            spans = self.backend.trace(trace_id(answer), 4, WAIT_S)
        step, insert = one(spans, "insert_order_record"), one(spans, "INSERT orders")
        self.assertEqual((insert.parent, insert.attributes["error.type"]), (step.id, "57014"))
        self.assertEqual((step.status, step.attributes["error.type"]), (2, "store_busy"))
        stored = self.stored("k")
        self.assertEqual(self.rows(), {stored: "k"})

    def test_a_database_that_goes_away_is_503_and_the_spans_say_why(self):
        self.start_backend()
        self.start_store("order-service-custom", traced=True, env={"THREADS": "1"})
        with self.locked():
            answers = []
            thread = threading.Thread(target=lambda: answers.append(self.order_by("lost")))
            thread.start()
            self.wait_for_inserts(1)
            self.end_sessions()
            thread.join()
        self.server.stop()
        self.addCleanup(lambda: self.server.process or self.server.start())
        self.wait_for_log("connection to server at")
        away = self.order_by("away")
        self.server.start()
        (lost,) = answers
        for answer, n_spans, reason in ((lost, 4, "terminating connection"), (away, 3, "connection")):
            self.assert_refused(answer)
            spans = self.backend.trace(trace_id(answer), n_spans, WAIT_S)
            step = one(spans, "insert_order_record")
            self.assertEqual((step.status, step.attributes["error.type"]), (2, "store_unavailable"))
            self.assertIn(reason, step.message)
            if n_spans == 4:
                insert = one(spans, "INSERT orders")
                self.assertEqual((insert.parent, insert.attributes["error.type"]), (step.id, "57P01"))
        stored = {self.stored(key): key for key in ("lost", "away")}
        self.assertEqual(self.rows(), stored)

    def test_a_server_that_is_silent_blocks_nobody(self):
        with socket.create_server(("127.0.0.1", PORT + 1), backlog=100):
            self.start_store(url=f"postgresql://postgres@localhost:{PORT + 1}/postgres")
            for _ in range(3):
                self.assert_refused(self.order_by("k"))
                self.assertEqual(get(self.ORDER, "/healthz").status, 200)
            self.wait_for_log("it does not answer in time")


class Stops(StoreTest):
    def test_sigterm_waits_for_the_inserts_in_flight(self):
        self.start_store(env={"THREADS": "1"})
        self.check_sigterm_waits(lambda: self.wait_for_inserts(2))  # one a connection; the others are behind them

    def shop(self, disturb, env=None):
        """Clients that repeat an order with its key until it is answered 200, while disturb() runs."""
        done, answered, refused = threading.Event(), {}, []

        def buy(client):
            i = 0
            while not done.is_set():
                key, i = f"{client}-{i}", i + 1
                while key not in answered:
                    try:
                        answer = self.order_by(key)
                    except OSError:
                        continue  # killed
                    if answer.status == 200:
                        answered[key] = self.id_of(answer)
                    else:
                        self.assert_refused(answer)
                        refused.append(answer)
                        done.wait(0.01)

        self.start_store(env=env)
        threads = [threading.Thread(target=buy, args=(i,), daemon=True) for i in range(8)]
        for thread in threads:
            thread.start()
        for i in range(3):
            n = len(answered)
            wait_until(lambda: len(answered) >= n + 40, WAIT_S, "orders")  # noqa: B023: called at once
            disturb(refused)
        n = len(answered)
        wait_until(lambda: len(answered) >= n + 40, WAIT_S, "orders")
        done.set()
        for thread in threads:
            thread.join(2 * WAIT_S)
            self.assertFalse(thread.is_alive())
        self.assertEqual(self.rows(), {id_: key for key, id_ in answered.items()})
        harness.note(f"{len(answered)} orders, {len(refused)} refused")

    def test_a_database_that_goes_away_and_comes_back_costs_and_doubles_no_order(self):
        def restart(refused):
            n = len(refused)
            self.server.stop()
            wait_until(lambda: len(refused) >= n + 10, WAIT_S, "refusals")
            self.server.start()

        self.shop(restart, env={"THREADS": "2"})
        self.assertIn("cannot be reached", self.order.output)
        self.assertIn("can be reached again", self.order.output)

    def test_sessions_that_are_ended_cost_and_double_no_order(self):
        self.shop(lambda _: self.end_sessions())

    def test_kill_9_of_the_service_costs_and_doubles_no_order(self):
        def kill(_):
            self.order.kill()
            self.forget(self.order)
            self.start_store()

        self.shop(kill)


class Traces(StoreTest):
    def check_slow_insert(self, program, parent, n_spans):
        self.start_backend()
        self.start_store(program, traced=True, env={"ORDER_STORE_LOCK_MS": "700"})
        self.start_gateway()
        self.wait_for_lock()
        answer = get(self.GATEWAY, "/checkout", timeout=WAIT_S)
        self.assertEqual(answer.status, 200, answer)
        spans = self.backend.trace(trace_id(answer), n_spans, WAIT_S)
        step, insert = one(spans, parent), one(spans, "INSERT orders")
        self.assertEqual((insert.parent, insert.kind, insert.status), (step.id, "CLIENT", 0))
        self.assertEqual(insert.attributes, {
            "db.system.name": "postgresql", "db.namespace": "postgres", "db.query.summary": "INSERT orders",
            "server.address": "127.0.0.1", "server.port": PORT})
        self.assertGreaterEqual(insert.end_ns - insert.start_ns, 700_000_000)
        self.assertLessEqual((step.start_ns, insert.end_ns), (insert.start_ns, step.end_ns))

    def test_the_trace_of_a_slow_insert_shows_the_wait_for_the_lock(self):
        self.check_slow_insert("order-service-custom", "insert_order_record", 6)

    def test_without_a_line_of_tracing_code_the_insert_is_a_child_of_its_request(self):
        self.check_slow_insert("order-service", "POST /orders", 4)

    def test_inserts_that_interleave_have_each_its_own_parent(self):
        self.start_backend()
        self.start_store("order-service", traced=True)
        n = 50
        with self.locked():
            threads = threading.Thread(target=lambda: answers.extend(at_once(n, lambda i: self.order_by())))
            answers = []
            threads.start()
            self.wait_for_inserts(2)
        threads.join()
        for answer in answers:
            spans = self.backend.trace(trace_id(answer), 2, WAIT_S)
            self.assertEqual(one(spans, "INSERT orders").parent, one(spans, "POST /orders").id)

    def test_a_lookup_is_a_client_span_under_its_request(self):
        self.start_backend()
        self.start_store("order-service-custom", traced=True)
        stored = self.id_of(self.order_by())
        answer = get(self.ORDER, f"/orders/{stored}")
        spans = self.backend.trace(trace_id(answer), 2, WAIT_S)
        (server,) = [span for span in spans if span.kind == "SERVER"]
        self.assertEqual(one(spans, "SELECT orders").parent, server.id)


if __name__ == "__main__":
    harness.main()
