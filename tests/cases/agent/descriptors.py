# SPDX-License-Identifier: Apache-2.0
"""The exporter's descriptors, in programs that close what they did not open or start without standard streams."""
import os
import unittest

import harness
from collector import Collector

HOST = os.path.join(os.environ.get("LIBTRACE_CASES", ""), "descriptors")


class Descriptors(unittest.TestCase):
    def expect_well(self, how):
        collector = Collector()
        self.addCleanup(collector.stop)
        finished = harness.run([HOST, how])
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("Sanitizer", finished.err)
        self.assertEqual(finished.out, f"{len(collector.taken)} spans\n")

    def test_none_is_a_standard_stream_and_none_goes_on_to_a_program_that_is_executed(self):
        self.expect_well("streams")

    def test_a_file_that_takes_the_place_of_one_is_neither_written_to_nor_closed_and_exports_go_on(self):
        self.expect_well("files")

    def test_libcurl_is_tried_again_when_there_was_no_descriptor_to_load_it_with(self):
        self.expect_well("none-left")


if __name__ == "__main__":
    harness.main()
