# SPDX-License-Identifier: Apache-2.0
"""What libtrace-instrument does before it becomes the program."""
import os
import shutil
import stat
import tempfile
import unittest

import harness

PREFIX = os.path.dirname(harness.BIN)
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(PREFIX, "lib")
QUIET = {"OTEL_TRACES_EXPORTER": "none"}
# What a program and one that it starts have of the agent in them.
TELL = "echo $LD_PRELOAD; grep -c libtrace-agent.so /proc/self/maps; sh -c 'grep -c libtrace-agent.so /proc/self/maps'"


class InstallPath(unittest.TestCase):
    """LD_PRELOAD parts at blanks and colons, and expands $."""

    def install(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.forget, folder)
        os.chmod(folder.name, 0o755)
        prefix = os.path.join(folder.name, name)
        os.makedirs(os.path.join(prefix, "bin"))
        shutil.copy(os.path.join(harness.BIN, "libtrace-instrument"), os.path.join(prefix, "bin"))
        shutil.copytree(LIB, os.path.join(prefix, "lib"), symlinks=True)
        return os.path.join(prefix, "bin", "libtrace-instrument")

    def forget(self, folder):
        """Takes the links to the folder away, too."""
        for links in ("/run/libtrace", f"/tmp/libtrace-{os.geteuid()}"):
            for name in os.listdir(links) if os.path.isdir(links) else ():
                if os.readlink(os.path.join(links, name)).startswith(folder.name):
                    os.unlink(os.path.join(links, name))
        folder.cleanup()

    def run_it(self, launcher, *arguments, user=None):
        command, env = harness.command_of([launcher, *arguments], env=QUIET)
        env["ASAN_OPTIONS"] = "detect_leaks=0"
        if harness.sanitizer_runtimes():
            env["LD_PRELOAD"] = ":".join(harness.sanitizer_runtimes())
        return harness.subprocess.run(command, env=env, capture_output=True, text=True, user=user)

    def test_a_path_with_blanks_colons_and_dollars_works_for_children_too(self):
        for name in ("a b", "a:b", "a$LIB b", "plain"):
            with self.subTest(name=name):
                done = self.run_it(self.install(name), "sh", "-c", TELL)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                preload, *counts = done.stdout.split()
                agent = preload.split(":")[-1]
                self.assertEqual(" " in agent or "$" in agent, False)
                self.assertTrue(all(int(count) for count in counts), done.stdout)

    def test_one_link_serves_every_start_and_a_moved_folder_gets_another(self):
        launcher = self.install("a b")
        first, again = (self.run_it(launcher, "sh", "-c", "echo $LD_PRELOAD").stdout for _ in range(2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, self.run_it(self.install("a b"), "sh", "-c", "echo $LD_PRELOAD").stdout)

    @unittest.skipIf(os.geteuid() or not os.path.exists("/run"), "needs root, to be two users")
    def test_another_user_s_folder_is_not_trusted(self):
        uid = 54321
        folder = f"/tmp/libtrace-{uid}"
        launcher = self.install("a b")
        for owner, mode in ((0, 0o755), (uid, 0o777)):
            with self.subTest(owner=owner, mode=mode):
                os.mkdir(folder)
                self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
                os.chown(folder, owner, -1)
                os.chmod(folder, mode)
                done = self.run_it(launcher, "true", user=uid)
                self.assertEqual(done.returncode, 125)
                self.assertIn("LD_PRELOAD", done.stderr)
                self.assertEqual(os.listdir(folder), [])
                os.rmdir(folder)
        done = self.run_it(launcher, "sh", "-c", TELL, user=uid)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(folder, done.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode) & 0o022, 0)
        self.assertEqual(os.stat(folder).st_uid, uid)


if __name__ == "__main__":
    harness.main()
