# SPDX-License-Identifier: Apache-2.0
"""A lab on a real cluster, by CLUSTER=1: in a namespace of its own, of which nothing stays.

Run by tests/e2e/check-cluster.sh, whose PATH has the programs of this machine's part: the customers.
"""
import json
import os
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

import harness  # noqa: E402
import kube  # noqa: E402
from free_ports import free_ports  # noqa: E402
from harness import note  # noqa: E402

LAB = os.path.join(HERE, "..", "..", "..", "services", "labs", "lab.py")
NAMESPACE = "lab-check-cluster"
WAIT_S = 300


class Labs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.environment = {"XDG_RUNTIME_DIR": folder.name, "LAB_NAMESPACE": NAMESPACE, "LAB_SHORT": "1", "KUBECTL": kube.KUBECTL,
                           **free_ports()}
        cls.addClassCleanup(cls.lab, "--stop")
        began = time.monotonic()
        cls.started = cls.lab("1", CLUSTER="1")
        note(f"lab 1 started in {time.monotonic() - began:.0f} s")

    @classmethod
    def lab(cls, *words, **env):
        return harness.run([sys.executable, LAB, *words], env={**cls.environment, **env}, timeout=WAIT_S)

    def namespaces(self):
        return kube.run("get", "namespace", NAMESPACE, "--ignore-not-found", "-o", "name")[0]

    def test_1_it_starts_in_a_namespace_that_admits_only_restricted_pods(self):
        self.assertEqual(self.started.code, 0, self.started)
        labels = json.loads(kube.run("get", "namespace", NAMESPACE, "-o", "json")[0])["metadata"]["labels"]
        self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")
        pods = json.loads(kube.run("-n", NAMESPACE, "get", "pods", "-o", "json")[0])["items"]
        self.assertEqual(sorted(p["metadata"]["labels"]["app.kubernetes.io/name"] for p in pods),
                         ["api-gateway", "order-service", "traceview"])

    def test_2_answers_are_checked_against_what_its_pods_recorded(self):
        right, wrong = self.lab("1", "check_inventory 2.8 s"), self.lab("1", "insert_order_record 1.5 s")
        self.assertEqual((right.code, right.out[:7], right.err), (0, "Right. ", ""), right)
        self.assertEqual((wrong.code, wrong.out[:11], wrong.err), (1, "Not right. ", ""), wrong)

    def test_3_another_learner_does_not_get_into_it(self):
        with tempfile.TemporaryDirectory() as folder:
            other = self.lab("1", CLUSTER="1", XDG_RUNTIME_DIR=folder, **free_ports())
        self.assertEqual((other.code, other.out), (1, ""), other)
        self.assertIn(f"there is a namespace {NAMESPACE} already", other.err)

    def test_4_its_end_leaves_no_namespace(self):
        self.assertEqual(self.namespaces(), f"namespace/{NAMESPACE}\n")
        began = time.monotonic()
        self.assertEqual(self.lab("--stop").out, "stopped\n")
        note(f"stopped in {time.monotonic() - began:.0f} s")
        self.assertEqual(self.namespaces(), "")
        self.assertEqual(self.lab("--stop").out, "nothing was running\n")


harness.run_case(Labs)
