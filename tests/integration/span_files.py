# SPDX-License-Identifier: Apache-2.0
"""A folder of a test's own, and programs that leave their spans in files of it."""
import json
import os
import tempfile
import unittest

from spans import spans_of


class SpanFileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def into(self, name):
        """The settings of a program that exports to a file."""
        return {"OTEL_TRACES_EXPORTER": "otlp/file", "OTEL_C_OTLP_FILE": self.path(name)}

    def read(self, name):
        """The spans of a file, which goes, in the order in which they began; self.raw is its text."""
        self.raw = ""
        if os.path.exists(self.path(name)):
            with open(self.path(name)) as lines:
                self.raw = lines.read()
            os.unlink(self.path(name))
        groups = [group for line in self.raw.splitlines() for group in json.loads(line)["resourceSpans"]]
        return sorted(spans_of(groups), key=lambda span: span.start_ns)
