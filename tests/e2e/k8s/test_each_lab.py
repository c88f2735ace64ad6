# SPDX-License-Identifier: Apache-2.0
"""Each lab on a real cluster: what tests/integration/test_labs.py asks of the labs, with pods in the place of processes.

Run by tests/e2e/check-cluster.sh after test_lab.py.
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

import harness  # noqa: E402
import kube  # noqa: E402
from free_ports import free_ports  # noqa: E402

os.environ.update(CLUSTER="1", LAB_NAMESPACE="lab-check-cluster", KUBECTL=kube.KUBECTL, **free_ports())

import test_labs  # noqa: E402: it reads the ports

# Lab 8's learner would build an image; lab 1 is test_lab.py's.
NOT_HERE = (test_labs.Lab1, test_labs.Lab8)
LABS = [case for case in vars(test_labs).values()
        if isinstance(case, type) and issubclass(case, test_labs.LabTest) and case.NUMBER and case not in NOT_HERE]
TESTS = [unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in LABS]
TESTS.append([test_labs.Lab8("test_1_some_wait_where_no_span_is_and_no_answer_is_right")])

sys.exit(1 if harness.run_tests(test for tests in TESTS for test in tests).n_bad else 0)
