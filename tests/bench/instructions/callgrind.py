# SPDX-License-Identifier: Apache-2.0
"""Programs under callgrind: how many instructions each of their threads took.

What a program does once (loading, connecting, ending) is left out by running it twice, with more
of the work the second time: the difference is the work's. Threads are counted apart, in order of
their start, so how often another one happened to run does not matter.
"""
import glob
import re
import shutil
import tempfile

import harness

MAIN, SECOND = 1, 2

# What would make counts differ from one machine or run to another.
ENVIRONMENT = {
    # The string functions that every processor has; and callgrind counts a "rep movsb" once for each byte.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-BMI1,-BMI2,-ERMS,-FSRM,-LZCNT,-MOVBE,-RTM,"
                      "-SSSE3,-SSE4_1,-SSE4_2,-AVX_Fast_Unaligned_Load",
    "MALLOC_PERTURB_": "0",  # meson has tests fill the memory that they allocate
}


def is_there():
    return shutil.which("valgrind") is not None


class Counted:
    """A place for the counts of one program, which runs as `valgrind arguments`."""

    def __init__(self, *command):
        self.folder = tempfile.TemporaryDirectory()
        self.arguments = ["valgrind", "-q", "--vgdb=no", "--tool=callgrind", "--separate-threads=yes",
                          f"--callgrind-out-file={self.folder.name}/out", *command]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def instructions(self, thread):
        """Once the program has ended."""
        files = sorted(glob.glob(f"{self.folder.name}/out-*"))
        assert len(files) >= thread, f"callgrind has counted {len(files)} threads"
        with open(files[thread - 1], encoding="utf-8") as file:
            return int(re.search(r"^totals: (\d+)", file.read(), re.M)[1])


def count(command, thread):
    """Instructions of one thread of a program that ends by itself."""
    with Counted(*command) as counted:
        done = harness.run(counted.arguments, env=ENVIRONMENT)
        assert done.code == 0, f"{command} ended with {done.code}:\n{done.out}{done.err}"
        return counted.instructions(thread)


def per_unit(count_of, few, many, units):
    """count_of(few) and count_of(many) say what so many rounds take; a round is so many units."""
    return (count_of(many) - count_of(few)) / ((many - few) * units)
