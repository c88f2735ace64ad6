# SPDX-License-Identifier: Apache-2.0
"""The README's commands, as a newcomer types them."""
import os
import re
import signal
import subprocess
import tempfile
import unittest

import harness
from databases import PostgreSQL
from harness import CUSTOM_TREE, Backend, answers, one, tree, wait_until

BUILD = os.path.relpath(os.path.dirname(os.path.dirname(harness.BIN)), harness.SOURCE)
WITH_MAKE = not harness.SANITIZED and "/" not in BUILD and not BUILD.startswith(".")
GATEWAY, ORDER = 8000, 8001

README = ""
if os.path.exists(os.path.join(harness.SOURCE, "README.md")):  # the flake's checks get only what is built and tests
    with open(os.path.join(harness.SOURCE, "README.md")) as readme:
        README = readme.read()


def make(*words, env=None):
    """The command line and environment of make in the project, in the build that is tested."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "MAKE", "MFLAGS"))}
    return ["make", "--no-print-directory", "-C", harness.SOURCE, f"BUILD={BUILD}", *words], {**kept, **(env or {})}


def make_to_the_end(*words, env=None):
    command, environment = make(*words, env=env)
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: exit {done.returncode}:\n{done.stdout}"
    return done.stdout


@unittest.skipUnless(README and WITH_MAKE, "only in the build that make itself makes, without sanitizers")
class Commands(unittest.TestCase):
    def start(self, target, port):
        """A terminal in which `make target` runs until Ctrl-C."""
        command, environment = make(target)
        terminal = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.addCleanup(self.ctrl_c, terminal, port)
        wait_until(lambda: answers(port), what=f"make {target} on port {port}")
        return terminal

    def ctrl_c(self, terminal, port):
        if terminal.poll() is None:
            os.killpg(terminal.pid, signal.SIGINT)
            terminal.communicate(timeout=30)
            wait_until(lambda: not answers(port, "/healthz"), what=f"port {port} free again")

    def request(self, n_spans):
        said = make_to_the_end("run-request")
        self.assertIn("HTTP/1.1 200", said)
        trace = re.search(r"(?im)^traceresponse: 00-([0-9a-f]{32})-", said)[1]
        return Backend().trace(trace, n_spans)

    def test_the_tutorial_step_by_step(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        state = {"XDG_RUNTIME_DIR": folder.name}
        self.assertIn("http://localhost:16686", make_to_the_end("infra-up", env=state))
        self.addCleanup(make_to_the_end, "infra-down", env=state)
        order = self.start("run-order", ORDER)
        self.start("run-gateway", GATEWAY)
        spans = self.request(3)
        self.assertEqual({span.service for span in spans}, {"api-gateway", "order-service"})
        self.ctrl_c(order, ORDER)

        order = self.start("run-order-custom", ORDER)
        spans = self.request(5)
        self.assertEqual(tree(spans), CUSTOM_TREE)
        self.assertGreater(one(spans, "insert_order_record").end_ns - one(spans, "insert_order_record").start_ns, 1.4e9)
        self.ctrl_c(order, ORDER)

    def test_the_manual_variants_by_make(self):
        self.start("run-order-manual", ORDER)
        self.start("run-gateway-manual", GATEWAY)
        self.assertIn("HTTP/1.1 200", make_to_the_end("run-request"))

    def test_demo_prints_the_trace_and_ends(self):
        said = make_to_the_end("demo")
        self.assertIn("5 spans", said)
        for name in ("GET /checkout", "POST", "POST /orders", "check_inventory", "insert_order_record"):
            self.assertIn(name, said)
        self.assertIn("3 spans", make_to_the_end("demo", "ORDER=zero-code"))
        self.assertFalse(answers(GATEWAY))

    def check_demo_stores_the_order(self, store):
        said = make_to_the_end("demo", f"STORE={store}")
        self.assertIn("6 spans", said)
        self.assertRegex(said, r"[└`] insert_order_record .*\n.*  [└`] INSERT orders +CLIENT +[\d.]+ m?s ")
        self.assertFalse(answers(GATEWAY))

    @unittest.skipUnless(os.environ.get("LIBTRACE_HAS_SQLITE", "true") == "true", "built without SQLite")
    def test_demo_with_sqlite_stores_the_order(self):
        self.check_demo_stores_the_order("sqlite")

    @unittest.skipUnless(os.environ.get("LIBTRACE_HAS_POSTGRESQL", "true") == "true", "built without libpq")
    @unittest.skipIf(PostgreSQL.missing(), PostgreSQL.missing())
    def test_demo_with_postgres_stores_the_order(self):
        self.check_demo_stores_the_order("postgres")

    def test_a_lab_starts_checks_an_answer_and_ends(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        state = {"XDG_RUNTIME_DIR": folder.name, "LAB_SHORT": "1"}
        self.addCleanup(make_to_the_end, "lab-stop", env=state)
        self.assertIn("make lab-1 ANSWER=", make_to_the_end("lab-1", env=state))
        self.assertIn("Right. ", make_to_the_end("lab-1", "ANSWER=it's check_inventory, 2.8 s", env=state))
        self.assertIn("stopped", make_to_the_end("lab-stop", env=state))
        self.assertFalse(answers(GATEWAY))

    def test_help_names_every_make_command_of_the_readme(self):
        said = make_to_the_end("help")
        for target in set(re.findall(r"`?make ((?:infra|run|check)-?[a-z-]*|lab-1|demo|bench|build|help)\b", README)) - {"help"}:
            self.assertIn(f"make {target}", said)


def shell_lines():
    """The commands of the README's shell blocks, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@unittest.skipUnless(README and not harness.SANITIZED, "no README in this source, or a sanitized build")
class Blocks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.makedirs(os.path.join(self.folder, "build"))
        os.symlink(os.path.dirname(harness.BIN), os.path.join(self.folder, "build", "prefix"))

    def type(self, *lines):
        """Runs commands in one shell, in a folder that has the build."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
        path = harness.BIN + ":" + os.environ["PATH"]
        done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=self.folder, env={**environment, "PATH": path},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_every_command_is_one_that_a_test_runs(self):
        with open(os.path.join(harness.SOURCE, "tests", "nix", "check-nix.sh")) as file:
            nix = file.read()
        for line in shell_lines():
            with self.subTest(command=line):
                if line.startswith("nix "):
                    for output in re.findall(r"\.#([a-z-]+)", line) or [line.split(" ", 1)[1]]:
                        self.assertRegex(nix, rf"\b{output}\b")
                else:
                    self.assertRegex(line, r"^(make |kubectl apply -f k8s/(inject/)?$|libtrace-instrument |cc |export |OTEL_\w+=\w+ \./shop$|"
                                           r"kubectl label namespace shop libtrace.io/inject=true$|"  # check-cluster's
                                           r"docker compose -f services/compose.yaml up$|"  # test_compose.py's
                                           r"traceview )")  # test_terminal.py's

    def test_the_launcher_s_commands(self):
        own = [line for line in shell_lines() if line.startswith("libtrace-instrument ")]
        self.assertEqual(len(own), 3)
        traceview = harness.Program(["traceview", "serve"])
        self.addCleanup(traceview.stop)
        backend = Backend(traceview)
        with open(os.path.join(self.folder, "my-program"), "w") as file:
            file.write("#!/bin/sh\ncurl -s http://localhost:16686/api/services\n")
        os.chmod(file.name, 0o755)
        for line in own:
            with self.subTest(command=line):
                printed = self.type(line.replace("localhost:8000/checkout", "localhost:16686/api/services"))
                if "console" in line:
                    self.assertRegex(printed, r"(?s)CLIENT|\"kind\": ?3")
        wait_until(lambda: len(backend.traces("my-service")) == 1, what="the span of my-program's curl")

    def test_the_c_example_s_commands(self):
        (program,) = [block for block in re.findall(r"^```c\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
                      if "int main(" in block]
        with open(os.path.join(self.folder, "shop.c"), "w") as file:
            file.write(program)
        lines = shell_lines()
        start = next(i for i, line in enumerate(lines) if line.startswith("export PKG_CONFIG_PATH="))
        self.assertIn("insert_order_record", self.type(*lines[start:start + 3]))


if __name__ == "__main__":
    harness.main()
