# SPDX-License-Identifier: Apache-2.0
"""Where a lab runs: what it takes of this machine, and what it says where a cluster is wanted and there is none."""
import os
import re
import tempfile
import unittest

import harness
import test_stack
from harness import note
from test_labs import LABS, LabTest

STACK_MAX_BYTES = 100_000_000


def memory_bytes(pid):
    """Its proportional share: what several processes use is counted once. 0: it has ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            return int(re.search(r"(?m)^Pss: *(\d+) kB$", rollup.read())[1]) * 1024
    except (OSError, TypeError):
        return 0


class ThisMachine(LabTest):
    NUMBER = 1
    env = {"LAB_SHORT": ""}

    @classmethod
    def setUpClass(cls):
        cls.before = test_stack.neighbours()
        super().setUpClass()

    def test_the_whole_stack_takes_less_than_100_mb(self):
        """After its load: the backend, both services, their relays, and the script with what names their lines."""
        taken = [(memory_bytes(pid), name) for pid, name in test_stack.neighbours().items() if pid not in self.before]
        names = [name for bytes_, name in taken if bytes_ > 0]
        for name in ("(traceview)", "(api-gateway)", "(order-service-c)"):
            self.assertEqual(names.count(name), 1, taken)
        total = sum(bytes_ for bytes_, _ in taken)
        note(f"{total / 1e6:.1f} MB: " + ", ".join(f"{bytes_ / 1e6:.1f} {name.strip('()')}" for bytes_, name in sorted(taken)[::-1]))
        self.assertLess(total, STACK_MAX_BYTES)

    def test_it_starts_without_a_network(self):
        """Nothing but loopback has a route here, and the lab has started."""
        if not harness.has_own_network:
            self.skipTest("no network namespace of its own")
        with open("/proc/self/net/route") as routes:
            self.assertEqual(routes.read().splitlines()[1:], [])
        with open("/proc/self/net/ipv6_route") as routes:
            self.assertEqual({line.split()[-1] for line in routes} - {"lo"}, set())
        self.assertTrue(self.traces)


class NoCluster(LabTest):
    def start(self, kubectl):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "kubectl")
            if kubectl:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"#!/bin/sh\n{kubectl}\n")
                os.chmod(path, 0o700)
            done = harness.run(["python3", os.path.join(harness.SOURCE, "services", "labs", "lab.py"), "1"],
                               env={**self.environment, "CLUSTER": "1", "KUBECTL": path})
        self.assertEqual((done.code, done.out), (1, ""), done)
        self.assertEqual(self.lab("--stop").out, "nothing was running\n")
        return done.err

    def test_it_is_said_that_kubectl_is_missing(self):
        self.assertRegex(self.start(""), r"\Alab: CLUSTER=1 needs kubectl, and there is no /\S+\n\Z")

    def test_it_is_said_that_there_is_no_current_cluster(self):
        self.assertEqual(self.start("echo error: current-context is not set >&2; exit 1"),
                         "lab: kubectl config: error: current-context is not set\n")

    def test_it_is_said_that_the_cluster_does_not_answer(self):
        self.assertEqual(self.start("case $1 in config) echo far-away ;; *) echo refused >&2; exit 1 ;; esac"),
                         "lab: kubectl's current cluster, far-away, does not answer: kubectl version: refused\n")

    def test_a_namespace_that_is_there_already_is_left_alone(self):
        said = self.start("case $1 in config) echo here ;; version) ;; create) echo AlreadyExists >&2; exit 1 ;; "
                          "*) echo \"$@\" >&2; exit 1 ;; esac")
        self.assertRegex(said, r"\Alab: there is a namespace lab-1 already, .* set LAB_NAMESPACE")


class Teaching(unittest.TestCase):
    def test_the_teachers_page_has_each_lab_with_the_time_that_its_own_page_says(self):
        def find(name, pattern):
            with open(os.path.join(LABS, name), encoding="utf-8") as page:
                return re.findall(pattern, page.read(), re.M)
        table = dict(find("TEACHING.md", r"^\| \[?(\d+)\b[^|]*\| (\d+) min \|"))
        self.assertEqual(list(table), sorted(table))
        for name in os.listdir(LABS):
            if name[0].isdigit():
                self.assertEqual([table.get(name.split("-")[0])], find(name, r"^\*(\d+) minutes\."), name)


if __name__ == "__main__":
    harness.main()
