# SPDX-License-Identifier: Apache-2.0
"""The README's make commands, as a newcomer types them, and its links."""
import os
import re
import signal
import subprocess
import tempfile
import unittest

import harness
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

    def test_help_names_every_make_command_of_the_readme(self):
        said = make_to_the_end("help")
        for target in set(re.findall(r"`?make ((?:infra|run|check)-?[a-z-]*|demo|bench|build|help)\b", README)) - {"help"}:
            self.assertIn(f"make {target}", said)


@unittest.skipUnless(README, "no README in this source")
class Links(unittest.TestCase):
    def test_what_the_readme_links_to_is_there(self):
        links = re.findall(r"\]\(([^)#:]+)\)", README)
        self.assertGreater(len(links), 10)
        for link in links:
            self.assertTrue(os.path.exists(os.path.join(harness.SOURCE, link)), link)


if __name__ == "__main__":
    harness.main()
