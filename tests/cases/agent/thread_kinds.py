# SPDX-License-Identifier: Apache-2.0
"""Threads end as they do without the agent, and what was current where they were started is current in them: by
return, pthread_exit, cancellation and C11's ways, with the least stack, detached, and after the span's end."""
import os
import unittest

import harness

PROGRAM = os.path.join(os.environ["LIBTRACE_CASES"], "thread_kinds")
KINDS = ["return", "exit", "cancelled", "destructor", "return", "return", "detached", "c11", "c11 exit", "later", "return"]


class ThreadKinds(unittest.TestCase):
    ENV = {"OTEL_TRACES_EXPORTER": "none"}

    def test_a_thread_ends_as_it_does_without_the_agent_and_has_what_was_current(self):
        plain = harness.run([PROGRAM], env=self.ENV)
        self.assertEqual(plain.code, 0, plain)
        traced = harness.run([PROGRAM], env=self.ENV, traced=True)
        self.assertEqual((traced.code, traced.out), (0, plain.out))
        found = traced.err.splitlines()
        self.assertEqual([line.rsplit(" ", 1)[0] for line in found], KINDS)
        # A thread's own destructors may run after libtrace's.
        self.assertEqual({line for line in found if not line.startswith("destructor") and line.endswith(" no")}, set())

    def test_switched_off_only_what_starts_where_nothing_is_has_the_same(self):
        traced = harness.run([PROGRAM], env={**self.ENV, "OTEL_C_FOLLOW": "false"}, traced=True)
        self.assertEqual(traced.code, 0, traced)
        self.assertEqual([line for line in traced.err.splitlines() if line.endswith(" yes")], ["return yes"])


if __name__ == "__main__":
    harness.main()
