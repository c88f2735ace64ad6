# SPDX-License-Identifier: Apache-2.0
"""What libtrace-instrument does before it becomes the program: options, settings, the agent's path."""
import glob
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

import harness

PREFIX = os.path.dirname(harness.BIN)
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(PREFIX, "lib")
QUIET = {"OTEL_TRACES_EXPORTER": "none"}
# What a program and one that it starts have of the agent in them.
TELL = "echo $LD_PRELOAD; grep -c libtrace-agent.so /proc/self/maps; sh -c 'grep -c libtrace-agent.so /proc/self/maps'"


def launch(launcher, *arguments, user=None):
    """Runs a launcher whose program is a foreign one."""
    command, env = harness.command_of([launcher, *arguments], env=QUIET)
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    if harness.sanitizer_runtimes():
        env["LD_PRELOAD"] = ":".join(harness.sanitizer_runtimes())
    return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, user=user)


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

    def test_a_path_with_blanks_colons_and_dollars_works_for_children_too(self):
        for name in ("a b", "a:b", "a$LIB b", "plain"):
            with self.subTest(name=name):
                done = launch(self.install(name), "sh", "-c", TELL)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                preload, *counts = done.stdout.split()
                agent = preload.split(":")[-1]
                self.assertEqual(" " in agent or "$" in agent, False)
                self.assertTrue(all(int(count) for count in counts), done.stdout)

    def test_one_link_serves_every_start_and_a_moved_folder_gets_another(self):
        launcher = self.install("a b")
        first, again = (launch(launcher, "sh", "-c", "echo $LD_PRELOAD").stdout for _ in range(2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, launch(self.install("a b"), "sh", "-c", "echo $LD_PRELOAD").stdout)

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS and os.path.exists("/run"), harness.NEEDS_TWO_USERS)
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
                done = launch(launcher, "true", user=uid)
                self.assertEqual(done.returncode, 125)
                self.assertIn("LD_PRELOAD", done.stderr)
                self.assertEqual(os.listdir(folder), [])
                os.rmdir(folder)
        done = launch(launcher, "sh", "-c", TELL, user=uid)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(folder, done.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode) & 0o022, 0)
        self.assertEqual(os.stat(folder).st_uid, uid)


def known_settings():
    """The launcher's table, as --help prints it: {variable: default}."""
    text = harness.run(["libtrace-instrument", "--help"]).out
    found = {}
    for option, default in re.findall(r"^  --([a-z0-9-]+) [A-Z]+\S*\s+[^\[\n]*(?:\[(.*)\])?$", text, re.MULTILINE):
        found["OTEL_" + option.upper().replace("-", "_")] = default
    return found


def read_file(*path):
    with open(os.path.join(harness.SOURCE, *path)) as file:
        return file.read()


class Table(unittest.TestCase):
    """One table says what there is to set; sources, README and manual page agree with it."""

    def test_the_table_has_every_variable_that_is_read_and_no_other(self):
        read = set()
        sources = [source for folder in ("src", "agent", "relay")
                   for source in glob.glob(os.path.join(harness.SOURCE, "libtrace", folder, "**", "*.c"), recursive=True)]
        sources += glob.glob(os.path.join(harness.SOURCE, "libtrace", "agent", "hook_*", "table.h"))
        for source in sources + [os.path.join(harness.SOURCE, "libtrace", "instrument", "relay.c")]:
            code = re.sub(r"/\*.*?\*/", "", read_file(source), flags=re.DOTALL)
            read |= set(re.findall(r'"(OTEL_[A-Z0-9_]*[A-Z0-9])"', code))
            if source.endswith("otlp_http_config.c"):  # by their last words
                read |= {"OTEL_EXPORTER_OTLP_" + word
                         for word in re.findall(r'(?:setting\(|file_of\([\w>-]+, |is_second\(\w+, "[^"]+", )"([A-Z_]+)"', code)}
        read.discard("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        self.assertEqual(set(known_settings()), read)

    @unittest.skipUnless(os.path.exists(os.path.join(harness.SOURCE, "README.md")), "no README in this source")
    def test_the_readme_names_every_setting_and_its_default(self):
        rows = re.findall(r"^\| (`OTEL_.*)$", read_file("README.md"), re.MULTILINE)
        known, named = known_settings(), set()
        for row in rows:
            first, default = row.split(" | ")[:2]
            whole = None
            for name in re.findall(r"`(\w+)`", first):
                if name.startswith("OTEL_"):
                    whole = name
                # `_ARG` goes on from the name before, or takes the place of its last words.
                words = whole.split("_")
                forms = [name] + ["_".join(words[:n]) + name for n in range(len(words), 0, -1)]
                (variable,) = [form for form in forms if form in known][:1] or self.fail(f"no setting {name}")
                named.add(variable)
                self.assertIn(known[variable], default.replace("`", ""), variable)
        self.assertEqual(named, set(known))

    def test_the_manual_page_names_every_setting_and_its_default(self):
        with open(os.path.join(os.path.dirname(harness.BIN), "share/man/man1/libtrace-instrument.1")) as page:
            text = page.read().replace("\\-", "-")
        for variable, default in known_settings().items():
            option = variable.removeprefix("OTEL_").lower().replace("_", "-")
            entries = re.findall(rf"^\.BI? [^\n]*--{option}\b(?!-)(.*?)^\.(?:TP|PP|SH)", text, re.MULTILINE | re.DOTALL)
            self.assertTrue(entries, f"no --{option}")
            self.assertIn(default, entries[0], option)
        options = text[text.index("Every OpenTelemetry variable"):text.index(".SH ENVIRONMENT")]
        named = re.findall(r"--([a-z][a-z-]*[a-z])\b", re.sub(r"^[^.].*$", "", options, flags=re.MULTILINE))
        named = {"OTEL_" + option.upper().replace("-", "_") for option in named}
        self.assertEqual(named - {"OTEL_X_Y", "OTEL_EXPORTER_OTLP_TRACES"}, set(known_settings()))


class Options(unittest.TestCase):
    def test_a_mistyped_option_is_refused_with_what_may_be_meant(self):
        for option, meant in (("--service-nam", "--service-name"), ("--servcie-name", "--service-name"),
                              ("--docter", "--doctor"), ("--no-childern", "--no-children"),
                              ("--endpoint", "--exporter-otlp-endpoint"), ("--sampler", "--traces-sampler"),
                              ("--exporter-otlp-endpiont", "--exporter-otlp-endpoint"),
                              ("--exporter-otlp-traces-header", "--exporter-otlp-traces-headers"),
                              ("--c-exit-timout", "--c-exit-timeout"), ("--resource-attribute", "--resource-attributes")):
            for arguments in ((option, "value"), (f"{option}=value",)):
                done = launch("libtrace-instrument", *arguments, "true")
                self.assertEqual((done.returncode, done.stdout), (125, ""), arguments)
                self.assertIn(f"{option}: no such option (did you mean {meant}?)", done.stderr)

    def test_an_option_like_no_other_is_refused_and_its_value_not_shown(self):
        for arguments in (("--nope", "secret"), ("--nope=secret",), ("--x-y", "secret")):
            done = launch("libtrace-instrument", *arguments, "true")
            self.assertEqual((done.returncode, done.stdout), (125, ""), arguments)
            self.assertIn(arguments[0].partition("=")[0] + ": no such option", done.stderr)
            self.assertNotIn("secret", done.stderr)

    def test_known_options_and_those_of_others_forms_reach_the_program(self):
        for option, variable in (("--service-name", "OTEL_SERVICE_NAME"),
                                 ("--exporter-otlp-traces-timeout", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"),
                                 ("--blrp-schedule-delay", "OTEL_BLRP_SCHEDULE_DELAY"),
                                 ("--exporter-otlp-metrics-headers", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"),
                                 ("--python-log-level", "OTEL_PYTHON_LOG_LEVEL")):
            for arguments in ((option, "1"), (f"{option}=1",)):
                done = launch("libtrace-instrument", *arguments, "sh", "-c", f"echo ${variable}")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "1\n", ""), arguments)


class SetUid(unittest.TestCase):
    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    @unittest.skipIf(harness.SANITIZED, "LeakSanitizer cannot look into a set-uid program")
    def test_a_program_with_more_rights_than_its_caller_reads_none_of_the_caller_s_settings(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            program = shutil.copy(os.environ["LIBTRACE_SETTING"], folder)
            ask = {"args": [program, "OTEL_SERVICE_NAME"], "text": True,
                   "env": {"OTEL_SERVICE_NAME": "shop"}}
            self.assertEqual(subprocess.check_output(**ask), "shop\n")
            os.chown(program, 54321, -1)
            os.chmod(program, 0o4755)
            if os.statvfs(folder).f_flag & os.ST_NOSUID:
                self.skipTest("set-uid has no effect there")
            self.assertEqual(subprocess.check_output(**ask), "unset\n")


if __name__ == "__main__":
    harness.main()
