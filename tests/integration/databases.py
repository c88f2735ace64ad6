# SPDX-License-Identifier: Apache-2.0
"""What tests of databases share: a PostgreSQL, a program with and without the agent, its spans, and random literals."""
import glob
import os
import pwd
import random
import shutil
import subprocess
import tempfile

import harness
from span_files import SpanFileTest

PYTHON = "/usr/bin/python3"  # Debian's, which uses Debian's libraries


POSTGRESQL_PORT = 5433


class PostgreSQL:
    """A server of its own, on TCP and a Unix socket in its folder, which ends with the test."""

    BINARIES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))

    @classmethod
    def missing(cls):
        """Why there can be none here; None: there can."""
        if not cls.BINARIES:
            return "no PostgreSQL: Debian's postgresql"
        if os.geteuid() == 0 and not harness.CAN_BE_TWO_USERS:
            return "its user postgres " + harness.NEEDS_TWO_USERS
        return None

    def __init__(self):
        self.user = {"user": "postgres"} if os.geteuid() == 0 else {}
        self.folder = tempfile.mkdtemp(prefix="libtrace-pg-")
        if self.user:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self.process = None
        try:
            self.tool("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", check=True)
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def tool(self, name, *arguments, **options):
        return subprocess.run([f"{self.BINARIES[-1]}/{name}", *arguments], env=self.env, cwd=self.folder,
                              capture_output=True, **self.user, **options)

    def start(self):
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen(
                [f"{self.BINARIES[-1]}/postgres", "-D", self.data, "-p", str(POSTGRESQL_PORT), "-k", self.folder, "-c",
                 "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=20"],
                env=self.env, cwd=self.folder, stdout=log, stderr=log, **self.user)
        harness.wait_until(lambda: self.tool("pg_isready", "-q", "-h", self.folder, "-p", str(POSTGRESQL_PORT)).returncode == 0,
                           60, "PostgreSQL")

    def stop(self):
        """As by Ctrl-C: transactions that are open are not finished."""
        if self.process:
            self.process.send_signal(2)
            self.process.wait(60)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)


class DatabaseTest(SpanFileTest):
    def traced(self, command, env=None, code=0):
        """The program's result, and its spans in the order in which they began."""
        done = harness.run(command, env={**self.into("spans.jsonl"), **(env or {})}, traced=True)
        self.assertEqual(done.code, code, done)
        self.assertNotIn("libtrace", done.err)
        return done, self.read("spans.jsonl")

    def same(self, command, reset=lambda: None, env=None, code=0):
        """The spans of a program that must print the same with the agent as without."""
        reset()
        plain = harness.run(command, env=env)
        reset()
        done, spans = self.traced(command, env, code)
        self.assertEqual((plain.code, plain.out, plain.err), (done.code, done.out, done.err))
        return spans

    def python(self, source, *arguments):
        path = self.path("program.py")
        with open(path, "w") as file:
            file.write(source)
        return [PYTHON, path, *arguments]


def names(spans):
    return [span.name for span in spans]


MARK = "zq"  # in every random literal; a number has its digits instead
DIGITS = "73915"


def random_literal(rng, dialect):
    """A literal of the dialect, of which nothing may be in a span."""
    inner = MARK + "".join(rng.choice("ab'x ;-$\n/*\\\"é") for _ in range(rng.randrange(6)))
    quoted = "'" + inner.replace("'", "''") + "'"
    plain = [quoted, DIGITS + str(rng.randrange(100)), f"{DIGITS}.5e-3", f".{DIGITS}"]
    if dialect == "sqlite":
        return rng.choice(plain + ["x'" + MARK.encode().hex() + DIGITS + "1'", f"'{MARK}' || {quoted}"])
    escaped = "E'" + inner.replace("\\", "\\\\").replace("'", "\\'") + "'"
    tag = rng.choice(["", "t", "tag_1"])
    dollars = f"${tag}$" + inner.replace("$", "") + f"'${tag}$"
    return rng.choice(plain + [escaped, dollars, f"B'0{'1' * 5}0'::text || {quoted}", f"'{MARK}'\n  {quoted}",
                               f"U&'{MARK}\\0061'", f"N'{MARK}'"])


def random_query(rng, dialect):
    """A SELECT that the database takes: literals, comments with quotes in them, a subquery."""
    comment = lambda: rng.choice(["", f" -- it's {MARK}\n", f" /* ' {MARK} {DIGITS} */ "])
    literals = [random_literal(rng, dialect) for _ in range(rng.randrange(1, 5))]
    items = ", ".join(comment() + literal for literal in literals)
    where = rng.choice(["", f" WHERE {random_literal(rng, dialect)} IS NOT NULL",
                        f" WHERE n IN (SELECT n FROM other WHERE CAST(n AS TEXT) <> '{MARK}')"])
    return f"SELECT {items}{comment()} FROM things{where}"


def random_queries(seed, dialect, n):
    rng = random.Random(seed)
    return [random_query(rng, dialect) for _ in range(n)]
