# SPDX-License-Identifier: Apache-2.0
"""unittest's results in the Test Anything Protocol, which meson counts."""
import unittest


class TapResult(unittest.TestResult):
    """Prints the Test Anything Protocol, which meson counts."""

    def __init__(self):
        super().__init__()
        self.n = 0
        self.n_bad = 0

    def line(self, word, test, comment=""):
        self.n += 1
        print(f"{word} {self.n} - {test.id().removeprefix('__main__.')}{comment}", flush=True)

    def bad(self, test, error):
        self.n_bad += 1
        self.line("not ok", test)
        print("# " + self._exc_info_to_string(error, test).replace("\n", "\n# "), flush=True)

    def addSuccess(self, test):
        self.line("ok", test)

    def addSkip(self, test, reason):
        self.line("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        self.bad(test, error)

    def addError(self, test, error):
        self.bad(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.bad(subtest, error)
