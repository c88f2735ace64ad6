# SPDX-License-Identifier: Apache-2.0
"""libtrace-instrument as the first process of a PID namespace, as in a container: what it passes on, whom
it reaps and ends, and that no span is lost however the program ends."""
import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

import harness
import test_relay
from collector import Answer, Collector

DIES, EMIT = os.environ["LIBTRACE_DIES"], os.environ["LIBTRACE_EMIT"]
UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--pid", "--fork", "--kill-child",
           "--mount-proc"]
# Not those that cannot be caught, nor glibc's own, nor that of a child's end, which is nobody's else.
SIGNALS = [n for n in signal.valid_signals() if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, 32, 33)]

# What a program is in, and the signals that it gets, a line each, until one is SIGUSR2.
SEES = """if True:
    import os, signal, sys, termios
    def show(*words):
        os.write(1, (" ".join(map(str, words)) + "\\n").encode())
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    show("signals", *(status[k].strip() for k in ("SigBlk", "SigIgn")))
    show("leads", os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid())
    try:
        fd = os.open("/dev/tty", os.O_RDWR)
        show("terminal", os.tcgetpgrp(fd) == os.getpgrp(), termios.tcgetwinsize(fd))
    except OSError:
        show("terminal none")
    show("descriptors", sorted(os.listdir("/proc/self/fd"))[:-1])
    numbers = [n for n in signal.valid_signals() if n not in (signal.SIGKILL, signal.SIGSTOP, 32, 33)]
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    show("ready")
    while True:
        info = signal.sigwaitinfo(numbers)
        if info.si_signo == signal.SIGUSR2:
            break
        show("got", info.si_signo)
    """


def is_possible():
    return shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


def first_process(arguments, env=(), traced=True, before=()):
    """The command line and environment of a program that is a namespace's first process."""
    line, environment = harness.command_of(arguments, {**test_relay.ENV, **dict(env)}, traced)
    preload = environment.pop("LD_PRELOAD", None)  # a sanitizer's, for ours alone
    return [*UNSHARE, *before, *(["env", f"LD_PRELOAD={preload}"] if preload else []), *line], environment


class First(harness.Program):
    """The same, running."""

    def __init__(self, arguments, env=(), traced=True, before=(), **popen):
        line, environment = first_process(arguments, env, traced, before)
        self.name, self.lines = arguments[0], []
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **popen}
        self.process = subprocess.Popen(line, env=environment, text=True, errors="replace", **options)
        if self.process.stdout:
            self.reader = harness.threading.Thread(target=self._read, daemon=True)
            self.reader.start()

    def child_of(self, pid, name):
        """Its child of that name; what has a name of its own has been executed."""
        def find():
            with open(f"/proc/{pid}/task/{pid}/children") as children:
                for child in children.read().split():
                    with open(f"/proc/{child}/comm") as comm:
                        if comm.read().strip() == name[:15]:
                            return int(child)
            return None
        return harness.wait_until(find, what=name)

    def wait_line(self, text):
        harness.wait_until(lambda: text in self.lines, 15, f"{text!r} in {self.lines}")

    def signal_first(self, number):
        os.kill(self.child_of(self.pid, "libtrace-instrument"), number)


@unittest.skipUnless(is_possible(), "needs PID namespaces")
class Init(unittest.TestCase):
    def start(self, *arguments, **options):
        program = First(*arguments, **options)
        self.addCleanup(program.kill)
        return program

    def run_first(self, arguments, env=(), traced=True):
        line, environment = first_process(arguments, env, traced)
        return subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30 * harness.SLOWNESS)

    def test_the_programs_exit_code_is_the_containers(self):
        for script, expected in (("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", 143),
                                 ("kill -KILL $$", 137), ("kill -ABRT $$", 134), ("kill -HUP $$", 129),
                                 *([] if harness.SANITIZED else [("kill -SEGV $$", 139)])):
            with self.subTest(script=script):
                done = self.run_first(["sh", "-c", script])
                self.assertEqual((done.returncode, done.stderr), (expected, ""))
        self.assertEqual(self.run_first(["/no-such-program"]).returncode, 127)

    def test_each_signal_reaches_the_program_once(self):
        program = self.start([sys.executable, "-c", SEES])
        program.wait_line("ready")
        for number in SIGNALS:
            if number == signal.SIGUSR2:
                continue
            program.signal_first(number)
            program.wait_line(f"got {int(number)}")
        program.signal_first(signal.SIGUSR2)
        self.assertEqual(program.wait(), 0)
        self.assertEqual([line for line in program.lines if line.startswith("got")],
                         [f"got {int(n)}" for n in SIGNALS if n != signal.SIGUSR2])

    def test_a_value_comes_with_its_signal(self):
        script = """if True:
            import ctypes, os
            class Info(ctypes.Structure):
                _fields_ = [("no", ctypes.c_int), ("e", ctypes.c_int), ("code", ctypes.c_int), ("_", ctypes.c_int * 3),
                            ("value", ctypes.c_int), ("rest", ctypes.c_char * 128)]
            info, wanted = Info(), (ctypes.c_ulong * 16)(1 << 33)
            libc = ctypes.CDLL(None)
            libc.sigprocmask(0, wanted, None)
            os.write(1, b"ready\\n")
            libc.sigwaitinfo(wanted, ctypes.byref(info))
            print("value", info.value)
            """
        program = self.start([sys.executable, "-c", script])
        program.wait_line("ready")
        ctypes.CDLL(None).sigqueue(program.child_of(program.pid, "libtrace-instrument"), 34, ctypes.c_void_p(4711))
        self.assertEqual(program.wait(), 0)
        self.assertIn("value 4711", program.lines)

    def compare(self, act=lambda program, master: None, n_signals=0, **options):
        """What a program sees, traced and untraced; with a terminal that it leads, unless that is shared."""
        seen = []
        for traced in (False, True):
            master, slave = os.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
            program = self.start([sys.executable, "-c", SEES], traced=traced, stdin=slave, start_new_session=True,
                                 **options)
            os.close(slave)
            program.wait_line("ready")
            act(program, master)
            harness.wait_until(lambda: len([line for line in program.lines if line.startswith("got")]) >= n_signals,  # noqa: B023
                               what=f"{n_signals} signals")
            if traced:
                program.signal_first(signal.SIGUSR2)
            else:
                os.kill(int(open(f"/proc/{program.pid}/task/{program.pid}/children").read()), signal.SIGUSR2)
            self.assertEqual(program.wait(), 0)
            os.close(master)
            seen.append(program.lines)
        self.assertEqual(seen[1], seen[0])
        return seen[1]

    @unittest.skipIf(harness.SANITIZED, "a sanitizer catches signals of its own")
    def test_a_program_has_the_signals_the_session_and_the_descriptors_of_a_first_process(self):
        lines = self.compare(before=["setsid", "env", "--ignore-signal=HUP,CHLD"])
        self.assertIn("terminal none", lines)
        self.assertIn("leads True True", lines)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer catches signals of its own")
    def test_a_terminal_is_the_programs(self):
        def act(program, master):
            os.write(master, b"\x03")  # Ctrl-C
            program.wait_line("got 2")
            os.write(master, b"\x1c")
            program.wait_line("got 3")
            os.write(master, b"\x1a")  # Ctrl-Z
            program.wait_line("got 20")
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
            program.wait_line("got 28")

        lines = self.compare(act, 4, before=["setsid", "--ctty"])
        self.assertIn("terminal True (25, 80)", lines)
        self.assertEqual([line for line in lines if line.startswith("got")], ["got 2", "got 3", "got 20", "got 28"])

    def test_ctrl_z_stops_no_program_that_nobody_could_continue(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        program = self.start(["sh", "-c", "echo ready; read line; echo $line"], before=["setsid", "--ctty"], stdin=slave,
                             start_new_session=True)
        os.close(slave)
        program.wait_line("ready")
        os.write(master, b"\x1agoes on\n")
        self.assertEqual(program.wait(), 0)
        self.assertIn("goes on", program.lines)

    def test_in_a_shells_terminal_the_program_gets_each_key_once(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        line, environment = first_process([sys.executable, "-c", SEES])
        # The shell leads the session, and waits in the foreground; it outlives Ctrl-C.
        shell = ["setsid", "--ctty", "--wait", "sh", "-c", 'trap : INT TSTP; "$@"', "sh", *line]
        program = First.__new__(First)
        program.name, program.lines = "sh", []
        program.process = subprocess.Popen(shell, env=environment, stdin=slave, stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, text=True, start_new_session=True)
        program.reader = harness.threading.Thread(target=program._read, daemon=True)
        program.reader.start()
        self.addCleanup(program.kill)
        os.close(slave)
        program.wait_line("ready")
        os.write(master, b"\x03")
        program.wait_line("got 2")
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        program.wait_line("got 28")
        for first in self.everybody("libtrace-instru"):
            os.kill(first, signal.SIGUSR2)
        program.wait()
        self.assertEqual([line for line in program.lines if line.startswith("got")], ["got 2", "got 28"])

    @staticmethod
    def everybody(name):
        """The processes of that name in this network."""
        own, found = os.readlink("/proc/self/ns/net"), []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm") as comm:
                    if comm.read().strip() == name and os.readlink(f"/proc/{pid}/ns/net") == own:
                        found.append(int(pid))
            except OSError:
                pass  # it has ended
        return found

    def test_orphans_are_reaped(self):
        script = """
            for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 0.1 & sleep 0.05 &); done
            while ls /proc/[0-9]*/comm 2>/dev/null | xargs grep -lsx sleep >/dev/null; do :; done
            while grep -qs "^State:.Z" /proc/[0-9]*/status; do :; done
            echo none else"""
        done = self.run_first(["sh", "-c", script])
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "none else\n", ""))

    def test_who_is_left_ends_with_the_program(self):
        began = time.monotonic()
        done = self.run_first(["sh", "-c", "sleep 100 & (trap '' TERM; sleep 100) & exit 3"], {"OTEL_C_EXIT_TIMEOUT": "60000"})
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertLess(time.monotonic() - began, 10 * harness.SLOWNESS)

    def test_a_program_that_sends_nothing_is_not_kept_waiting(self):
        took = []
        for _ in range(5):
            began = time.monotonic()
            self.assertEqual(self.run_first(["true"]).returncode, 0)
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 0.4 * harness.SLOWNESS)  # the relay alone would wait 0.5 s for others to come

    def test_elsewhere_the_launcher_becomes_the_program(self):
        done = self.run_first(["sh", "-c", "echo $$; echo $LIBTRACE_RELAY"], {"OTEL_C_RELAY": "no"})
        self.assertEqual(done.stdout, "1\n\n")


@unittest.skipUnless(is_possible(), "needs PID namespaces")
class Export(unittest.TestCase):
    """Nothing is sent before its program's end: the delay is long."""
    ENV = {"OTEL_BSP_SCHEDULE_DELAY": "60000"}
    CURL = ["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:4318/"]  # one span, and an exit like any other's

    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)

    def names(self):
        return sorted(span["name"] for span in test_relay.all_spans(self.collector))

    def die(self, how, expected, n_spans=1200, env=()):
        """A run of dies of which all must have arrived by the container's end."""
        death = test_relay.Death(how, 5000, 0)
        line, environment = first_process([DIES, how, how, "5000", str(n_spans), death.file.name], {**self.ENV, **dict(env)})
        done = subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60 * harness.SLOWNESS)
        self.assertEqual((done.returncode, done.stderr), (expected, ""))
        self.assertEqual(death.n_ended(), n_spans)
        self.assertEqual(self.names(), sorted([f"{how} {i}" for i in range(n_spans)] + [f"{how} open"]))

    def test_a_program_that_is_killed_loses_nothing(self):
        self.die("kill", 137)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer makes an exit of a fault")
    def test_a_program_that_faults_loses_nothing(self):
        self.die("SIGSEGV", 139)

    def test_a_program_that_leaves_by__exit_loses_nothing(self):
        self.die("_exit", 0)

    def test_a_program_that_ends_at_once_loses_nothing(self):
        """Before its relay has got to its first look at the door."""
        for _ in range(10):
            self.collector.sent.clear()
            self.die("kill", 137, 1)

    def start_waiting(self, n_spans, env=()):
        death = test_relay.Death("wait", 5000, 0)
        program = First([DIES, "wait", "w", "5000", str(n_spans), death.file.name], {**self.ENV, **dict(env)})
        self.addCleanup(program.kill)
        harness.wait_until(lambda: death.n_ended() == n_spans, what="all spans")
        return program

    def test_sigterm_while_spans_are_sent_delivers_all(self):
        self.collector.answer = lambda n, sent: time.sleep(0.3) or Answer(200)
        program = self.start_waiting(1200, {"OTEL_C_EXIT_TIMEOUT": "20000"})
        harness.wait_until(lambda: self.collector.n_connections, what="a request")
        program.signal_first(signal.SIGTERM)
        program.signal_first(signal.SIGTERM)  # the second one comes when there is no program any more, perhaps
        self.assertEqual(program.wait(), 143, program.output)
        self.assertEqual(self.names(), sorted([f"w {i}" for i in range(1200)] + ["w open"]))

    def test_children_that_are_left_lose_nothing(self):
        death = test_relay.Death("wait", 5000, 0)
        script = f'{DIES} wait c 5000 100 {death.file.name} & until [ "$(od -An -tu4 {death.file.name})" -eq 100 ]; do :; done'
        line, environment = first_process(["sh", "-c", script], self.ENV)
        done = subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, timeout=60 * harness.SLOWNESS)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.names(), sorted([f"c {i}" for i in range(100)] + ["c open"]))

    def test_a_relay_that_hangs_is_given_the_exit_timeout_and_no_more(self):
        program = self.start_waiting(100, {"OTEL_C_EXIT_TIMEOUT": "1000"})
        first = program.child_of(program.pid, "libtrace-instrument")
        os.kill(program.child_of(first, "libtrace-relay"), signal.SIGSTOP)
        began = time.monotonic()
        program.signal_first(signal.SIGTERM)
        self.assertEqual(program.wait(), 143)
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertLess(time.monotonic() - began, 3 * harness.SLOWNESS)
        self.assertIn("not been sent within 1000 ms", program.output)

    def test_what_cannot_be_sent_is_counted_in_the_containers_log(self):
        self.collector.answer = lambda n, sent: Answer(400)
        death = test_relay.Death("kill", 5000, 0)
        line, environment = first_process([DIES, "kill", "k", "5000", "100", death.file.name],
                                          {**self.ENV, "OTEL_C_EXIT_TIMEOUT": "20000"})
        done = subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30 * harness.SLOWNESS)
        self.assertEqual(done.returncode, 137)
        self.assertIn("400", done.stderr)
        self.assertRegex(done.stderr, "libtrace-relay: .*101 that could not be exported")

    def test_a_collector_that_does_not_answer_takes_the_exit_timeout_once(self):
        """Not once at the program's exit, and once more after it."""
        self.collector.answer = lambda n, sent: None
        began = time.monotonic()
        line, environment = first_process(self.CURL, {**self.ENV, "OTEL_C_EXIT_TIMEOUT": "3000"})
        done = subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30 * harness.SLOWNESS)
        self.assertEqual(done.returncode, 0)
        self.assertGreater(time.monotonic() - began, 2.9)
        if not harness.SANITIZED:
            self.assertLess(time.monotonic() - began, 5)

    def test_under_another_first_process_an_exit_waits_for_delivery(self):
        """That one ends with the program, and the relay with it."""
        line, environment = harness.command_of(self.CURL, {**test_relay.ENV, **self.ENV}, traced=True)
        done = subprocess.run([*UNSHARE, "sh", "-c", '"$@"; exit 5', "sh", *line], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30 * harness.SLOWNESS)
        self.assertEqual((done.returncode, done.stderr), (5, ""))
        self.assertEqual(self.names(), ["GET"])

    def test_no_zombie_is_left_where_the_first_process_reaps_none(self):
        line, environment = harness.command_of([EMIT, "--from-env", "10"], {**test_relay.ENV, **self.ENV}, traced=True)
        script = '''
            (until grep -q sleep /proc/1/wchan; do :; done; "$@"; touch "$0"; sleep 1
             grep -hs "^State:.Z" /proc/[0-9]*/status) & exec sleep 3'''
        done = subprocess.run([*UNSHARE, "sh", "-c", script, "/dev/null", *line], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30 * harness.SLOWNESS)
        self.assertNotIn("State", done.stdout)
        self.assertEqual(self.names(), sorted(f"span {i}" for i in range(10)))


if __name__ == "__main__":
    harness.main()
