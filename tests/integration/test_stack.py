# SPDX-License-Identifier: Apache-2.0
"""The scripts that people start things with: the demo's stack, and the backend in the background."""
import json
import os
import re
import shutil
import signal
import socket
import tempfile
import unittest

import harness
from databases import PostgreSQL
from harness import SANITIZED, Program, get, run, wait_until

STACK = os.path.join(harness.SOURCE, "services", "stack", "stack.sh")
INFRA = os.path.join(harness.SOURCE, "services", "stack", "infra.sh")
LOGS = tempfile.TemporaryDirectory()  # for the file with the backend's log
ENV = {"XDG_RUNTIME_DIR": LOGS.name, "STACK_BIN": harness.BIN, "CHECK_INVENTORY_MS": "30", "INSERT_ORDER_RECORD_MS": "150",
       "ORDER_PROCESSING_MS": "50", "LC_ALL": "C.UTF-8",
       # The scripts do not know of sanitizers, so the agent comes before their libraries.
       **({"ASAN_OPTIONS": "verify_asan_link_order=0"} if SANITIZED else {})}
WAIT_S = 60


# As the kernel shortens them: on a loopback that is not the test's own, others run other things.
OURS = {f"({name[:15]})" for name in [*os.listdir(harness.BIN or "."), "jaeger"]}


def neighbours():
    """The processes of this test's network namespace, but for the test itself."""
    mine, found = os.readlink("/proc/self/ns/net"), {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/net") != mine or int(pid) == os.getpid():
                continue
            with open(f"/proc/{pid}/stat") as stat:
                text = stat.read()
            name, state = text[text.index("("):text.rindex(")") + 1], text[text.rindex(")") + 2]
            if state != "Z" and (harness.has_own_network or name in OURS):
                found[int(pid)] = name
        except OSError:
            pass  # it has ended, or is somebody else's
    return found


class StackScript(unittest.TestCase):
    def once(self, *arguments, env=None):
        done = run(["bash", STACK, "--once", *arguments], env={**ENV, **(env or {})}, timeout=WAIT_S)
        self.assertEqual(done.code, 0, done)
        self.assert_nothing_is_left()
        return done

    def assert_nothing_is_left(self):
        """A relay stays for half a second after its last program."""
        wait_until(lambda: not {"(libtrace-relay)"} & set(neighbours().values()), timeout=40,
                   what="the end of each relay")
        self.assertEqual(neighbours(), {})

    def rows(self, out, kind):
        """The waterfall's lines of one kind of span."""
        return [line for line in out.splitlines() if re.search(rf"\b{kind}\b", line) and " | " not in line]

    def check_custom(self, out):
        self.assertIn("5 spans", out)
        order = ["GET /checkout", "POST", "POST /orders", "check_inventory", "insert_order_record"]
        lines = [line for line in out.splitlines() if any(name in line for name in order) and " | " not in line]
        self.assertEqual(len(lines), 5, out)
        for line, name in zip(lines, order):
            self.assertIn(name, line)

    def check_ends_with_the_waterfall(self, done):
        self.check_custom(done.out)
        self.assertIn("insert_order_record", done.out.splitlines()[-1])
        log = re.search(r"'s log: (.+)$", done.err, re.M)[1]
        self.assertTrue(os.path.exists(log), done.err)
        self.assertNotIn(open(log).read().splitlines()[0], done.out)

    def test_once_ends_with_the_trace_of_five_spans_and_leaves_nothing(self):
        self.check_ends_with_the_waterfall(self.once())

    def test_the_zero_code_variant_has_three_spans(self):
        out = self.once("--order", "zero-code").out
        self.assertIn("3 spans", out)
        self.assertEqual((len(self.rows(out, "SERVER")), len(self.rows(out, "CLIENT"))), (2, 1))

    @unittest.skipUnless(os.environ.get("LIBTRACE_HAS_SQLITE", "true") == "true", "built without SQLite")
    def test_a_store_s_insert_is_below_the_step_and_waits_for_the_lock(self):
        file = os.path.join(LOGS.name, "some orders.db")
        for store in ("sqlite", f"sqlite:{file}"):
            out = self.once("--store", store, env={"ORDER_STORE_LOCK_MS": "1000"}).out
            self.assertIn("6 spans", out)
            step, insert = [line for line in out.splitlines() if " | " not in line][-2:]
            self.assertRegex(step, r"^order-service +└ insert_order_record INTERNAL +([3-9]\d\d ms|[\d.]+ s) ")
            self.assertRegex(insert, r"^order-service +└ INSERT orders +CLIENT +([3-9]\d\d ms|[\d.]+ s) ")
        self.assertTrue(os.path.exists(file))
        self.assertIn("3 spans", self.once("--order", "zero-code", "--store", "sqlite").out)
        self.assertIn("5 spans", self.once("--order", "manual", "--store", "sqlite").out)

    @unittest.skipUnless(os.environ.get("LIBTRACE_HAS_POSTGRESQL", "true") == "true", "built without libpq")
    @unittest.skipIf(PostgreSQL.missing(), PostgreSQL.missing())
    def test_a_postgresql_of_its_own_has_the_insert_below_what_waits_for_it_and_leaves_nothing(self):
        folder = tempfile.TemporaryDirectory()  # where nobody, as whom it runs for root, does not get
        self.addCleanup(folder.cleanup)
        env = {"ORDER_STORE_LOCK_MS": "400"}
        out = self.once("--store", "postgres", env={**env, "TMPDIR": folder.name}).out
        self.assertIn("6 spans", out)
        self.assertRegex(out.splitlines()[-1], r"^order-service +└ INSERT orders +CLIENT ")
        self.assertEqual(os.listdir(folder.name), [])
        os.chmod(folder.name, 0o755)
        out = self.once("--order", "zero-code", "--store", "postgres", env={**env, "TMPDIR": folder.name}).out
        self.assertIn("4 spans", out)
        self.assertRegex(out.splitlines()[-1], r"^order-service +└ INSERT orders +CLIENT ")
        self.assertEqual(os.listdir(folder.name), [])

    def test_the_manual_variant_has_its_own_server_span(self):
        out = self.once("--order", "manual").out
        self.assertIn("POST /orders (manual)", out)
        self.assertIn("5 spans", out)

    @unittest.skipUnless(shutil.which("jaeger"), "no jaeger on PATH")
    def test_a_real_jaeger_serves_as_well(self):
        self.check_ends_with_the_waterfall(self.once("--backend", "jaeger"))

    def test_help_names_the_default_of_whoever_wraps_it(self):
        for backend in ("traceview", "jaeger"):
            done = run(["bash", STACK, "--help"], env={**ENV, "STACK_BACKEND": backend})
            self.assertIn(f"(default: {backend})", done.out)

    def test_a_backend_that_ends_at_once_is_shown_with_its_log(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "jaeger"), "w") as program:
                program.write("#!/bin/sh\necho no such storage\nexit 3\n")
            os.chmod(program.name, 0o755)
            env = {**ENV, "PATH": f"{folder}:{os.environ['PATH']}"}
            done = run(["bash", STACK, "--once", "--backend", "jaeger"], env=env, timeout=WAIT_S)
        self.assertEqual(done.code, 1, done)
        self.assertIn("no such storage", done.err)
        self.assertIn("stopped before it was ready", done.err)

    def test_other_ports_are_used_when_they_are_set(self):
        ports = {"GATEWAY_PORT": "9000", "ORDER_PORT": "9001", "TRACEVIEW_UI_PORT": "9002",
                 "TRACEVIEW_OTLP_PORT": "9003", "TRACEVIEW_GRPC_PORT": "9004"}
        with socket.create_server(("127.0.0.1", 8000)), socket.create_server(("127.0.0.1", 4317)):
            done = run(["bash", STACK, "--once"], env={**ENV, **ports}, timeout=WAIT_S)
        self.assertEqual(done.code, 0, done)
        self.assertIn("5 spans", done.out)

    def test_a_busy_port_is_named_with_the_variable_to_set(self):
        for port, variable in ((8000, "GATEWAY_PORT"), (8001, "ORDER_PORT"), (16686, "TRACEVIEW_UI_PORT"),
                               (4318, "TRACEVIEW_OTLP_PORT"), (4317, "TRACEVIEW_GRPC_PORT")):
            with self.subTest(port=port), socket.create_server(("127.0.0.1", port)):
                done = run(["bash", STACK, "--once"], env=ENV)
                self.assertEqual(done.code, 1, done)
                self.assertIn(str(port), done.err)
                self.assertIn(variable, done.err)
                self.assertEqual(neighbours(), {})

    def test_what_is_not_understood_is_said(self):
        for arguments, word in ((["--nonsense"], "usage"), (["--order", "x"], "--order"), (["--order"], "--order"),
                                (["--backend", "x"], "--backend"), (["--store", "x"], "--store"), (["--store", "sqlite:"], "--store")):
            done = run(["bash", STACK, *arguments], env=ENV)
            self.assertEqual(done.code, 2, done)
            self.assertIn(word, done.err)
        self.assertEqual(run(["bash", STACK, "--help"], env=ENV).code, 0)

    def check_signal(self, number, code, group):
        stack = Program(["bash", STACK], env=ENV, start_new_session=True)
        try:
            wait_until(lambda: "Ctrl-C stops everything" in stack.output, WAIT_S, "the stack")
            answer = get(8000, "/checkout")
            self.assertEqual(answer.status, 200)
            (os.killpg if group else os.kill)(stack.pid, number)
            self.assertEqual(stack.wait(WAIT_S), code, stack.output)
        finally:
            stack.stop()
        self.assert_nothing_is_left()
        self.assertEqual(stack.output.count(": stopped requests="), 2, stack.output)  # both services, in good order
        self.assertNotIn("dropped", stack.output)

    def test_ctrl_c_ends_all_that_it_started(self):
        self.check_signal(signal.SIGINT, 130, group=True)  # as a terminal does

    def test_sigterm_ends_all_that_it_started(self):
        self.check_signal(signal.SIGTERM, 143, group=False)

    def test_a_service_that_ends_takes_the_others_along(self):
        stack = Program(["bash", STACK], env=ENV, start_new_session=True)
        try:
            wait_until(lambda: "Ctrl-C stops everything" in stack.output, WAIT_S, "the stack")
            (order,) = [pid for pid, name in neighbours().items() if name.startswith("(order-service")]
            os.kill(order, signal.SIGTERM)
            self.assertEqual(stack.wait(WAIT_S), 1, stack.output)
        finally:
            stack.stop()
        self.assertIn("has exited", stack.output)
        self.assert_nothing_is_left()

    def test_keep_leaves_it_running_after_the_trace(self):
        stack = Program(["bash", STACK, "--once", "--keep"], env=ENV, start_new_session=True)
        try:
            wait_until(lambda: "Ctrl-C stops everything" in stack.output, WAIT_S, "the stack")
            self.check_custom(stack.output)
            self.assertEqual(get(8000, "/readyz").status, 200)
            link = re.search(r"its trace: +http://localhost:16686(/trace/[0-9a-f]{32})\b", stack.output)
            self.assertIn(b"<html", get(16686, link[1]).body)
            self.assertEqual(json.loads(get(16686, "/api/traceview/stats").body)["sendUrl"], "http://localhost:8000/checkout")
        finally:
            stack.stop()
        self.assert_nothing_is_left()


class InfraScript(unittest.TestCase):
    NEEDED = ("bash", "cat", "curl", "env", "id", "mkdir", "rm", "setsid", "sleep", "timeout")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.env = {**ENV, "XDG_RUNTIME_DIR": self.folder}

    def infra(self, verb, code=0):
        done = run([shutil.which("bash"), INFRA, verb], env=self.env, timeout=WAIT_S)
        self.assertEqual(done.code, code, done)
        return done.out + done.err

    def up_and_down(self, what):
        try:
            said = self.infra("up")
            self.assertIn(what, said)
            self.assertIn("http://localhost:16686", said)
            self.assertEqual(get(16686, "/api/v3/services").status, 200)
            self.assertIn("16686", self.infra("up", code=1))
        finally:
            said = self.infra("down")
        self.assertIn("stopped", said)
        self.assertEqual(neighbours(), {})
        self.infra("down", code=1)

    @unittest.skipUnless(shutil.which("jaeger"), "no jaeger on PATH")
    def test_a_jaeger_on_path_is_preferred(self):
        self.up_and_down("Jaeger")

    def test_without_any_jaeger_it_is_traceview(self):
        for name in self.NEEDED:
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        self.env["PATH"] = f"{self.folder}:{harness.BIN}"
        self.up_and_down("traceview")

    def test_a_port_that_something_else_has_is_named(self):
        with socket.create_server(("127.0.0.1", 4318)):
            self.assertIn("4318", self.infra("up", code=1))
        self.assertEqual(neighbours(), {})

    def test_a_verb_is_needed(self):
        self.assertIn("usage", self.infra("sideways", code=2))


if __name__ == "__main__":
    harness.main()
