# SPDX-License-Identifier: Apache-2.0
"""SQLite's statements as CLIENT spans: Python's sqlite3 module and the sqlite3 shell, which know nothing of tracing."""
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import unittest

import harness
from databases import DIGITS, MARK, DatabaseTest, names, random_queries

SETUP = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
"""
NO_SHELL = "no sqlite3 on PATH that uses a shared libsqlite3, as Debian 12's does"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
# Functions of SQLite's that Python's module does not call, by dlsym.
BY_HAND = """
import ctypes, sys
lite = ctypes.CDLL("libsqlite3.so.0")
db = ctypes.c_void_p()
assert lite.sqlite3_open(sys.argv[1].encode(), ctypes.byref(db)) == 0
def execute(sql, row=None):
    return lite.sqlite3_exec(db, sql.encode(), row, None, None)
"""


def has_traceable_shell():
    shell = shutil.which("sqlite3")
    return bool(shell) and "libsqlite3" in subprocess.run(["ldd", shell], stdout=subprocess.PIPE, text=True).stdout


class Sqlite(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("orders.db")

    def fresh(self):
        """A database with one table of three rows."""
        for name in (self.file, self.file + "-journal"):
            if os.path.exists(name):
                os.unlink(name)
        db = sqlite3.connect(self.file)
        db.executescript("CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT UNIQUE);"
                         "INSERT INTO orders(item) VALUES ('a'), ('b'), ('c');")
        db.close()

    def run_python(self, source, env=None, code=0):
        return self.same(self.python(SETUP + source, self.file), self.fresh, env, code)

    def test_a_query_is_one_client_span_whatever_its_rows(self):
        (span,) = self.run_python("print(db.execute('SELECT * FROM orders WHERE id < ?', (10,)).fetchall())\n")
        self.assertEqual((span.name, span.kind, span.status, span.parent), ("SELECT orders", "CLIENT", 0, ""))
        self.assertEqual(span.attributes, {"db.system.name": "sqlite", "db.query.summary": "SELECT orders",
                                           "db.namespace": self.file})
        self.assertEqual(span.scope["name"], "libtrace-agent/libsqlite3")

    def test_a_statement_that_is_executed_again_has_a_span_each_time(self):
        spans = self.run_python("for item in 'xyz':\n    db.execute('INSERT INTO orders(item) VALUES (?)', item)\n"
                                "print(len(db.execute('SELECT * FROM orders').fetchall()))\n")
        self.assertEqual(names(spans), ["INSERT orders"] * 3 + ["SELECT orders"])

    def test_rows_that_are_left_unread_end_the_span_at_reset_or_finalize(self):
        spans = self.run_python("rows = db.execute('SELECT id FROM orders')\nprint(next(rows))\nrows.close()\n"
                                "rows = db.execute('SELECT item FROM orders')\nprint(next(rows))\ndel rows\ndb.close()\n")
        self.assertEqual([(span.name, span.status) for span in spans], [("SELECT orders", 0)] * 2)

    def test_a_transaction_has_its_commit_as_a_span(self):
        spans = self.run_python("db.isolation_level = 'DEFERRED'\ndb.execute(\"INSERT INTO orders(item) VALUES ('d')\")\n"
                                "db.commit()\ndb.execute('DELETE FROM orders')\ndb.rollback()\n")
        self.assertEqual(names(spans), ["BEGIN", "INSERT orders", "COMMIT", "BEGIN", "DELETE orders", "ROLLBACK"])

    def test_what_fails_has_the_extended_code_and_its_name(self):
        spans = self.run_python("""
for sql in ("INSERT INTO orders(item) VALUES ('a')", "SELECT nothing FROM orders", "SELECT 1; SELECT 2"):
    try:
        db.execute(sql)
    except (sqlite3.Error, sqlite3.Warning) as error:
        print(repr(error))
""")
        self.assertEqual([(s.name, s.status, s.attributes.get("db.response.status_code"), s.attributes.get("error.type"))
                          for s in spans],
                         [("INSERT orders", 2, "2067", "SQLITE_CONSTRAINT"), ("SELECT orders", 2, "1", "SQLITE_ERROR")])

    def test_a_locked_database_is_seen_as_time_and_as_an_error(self):
        held, done = threading.Event(), threading.Event()

        def hold():
            db = sqlite3.connect(self.file, isolation_level=None)
            db.execute("BEGIN IMMEDIATE")
            held.set()
            done.wait(60)
            db.execute("COMMIT")
            db.close()

        self.fresh()
        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(60)
        source = SETUP + "db.execute('PRAGMA busy_timeout = 300')\ntry:\n    db.execute('DELETE FROM orders')\n" \
                         "except sqlite3.OperationalError as error:\n    print(error)\n"
        result, spans = self.traced(self.python(source, self.file))
        done.set()
        holder.join()
        self.assertEqual(result.out, "database is locked\n")
        self.assertEqual(names(spans), ["PRAGMA busy_timeout", "DELETE orders"])
        busy = spans[1]
        self.assertEqual((busy.attributes["error.type"], busy.attributes["db.response.status_code"]), ("SQLITE_BUSY", "5"))
        self.assertGreaterEqual(busy.end_ns - busy.start_ns, 250_000_000)

    def test_the_text_only_where_it_is_set_and_never_with_a_literal_or_a_parameter(self):
        source = "print(db.execute(\"SELECT item FROM orders WHERE item = 'secret' OR id = ? -- secret\", (4711000000471100,)).fetchall())\n"
        (span,) = self.run_python(source, {"OTEL_C_SQLITE": "text"})
        self.assertEqual(span.attributes["db.query.text"], "SELECT item FROM orders WHERE item = ? OR id = ?")
        self.assertNotIn("4711000000471100", self.raw)
        (span,) = self.run_python(source)
        self.assertNotIn("db.query.text", span.attributes)
        self.assertEqual(self.run_python(source, {"OTEL_C_SQLITE": "false"}), [])

    def test_no_literal_of_a_random_query_is_in_any_span(self):
        queries = random_queries(17, "sqlite", 500)
        with open(self.path("queries.json"), "w") as file:
            json.dump(queries, file)
        source = SETUP + f"""
import json
db.execute("CREATE TABLE things(n)")
db.execute("CREATE TABLE other(n)")
for sql in json.load(open({self.path("queries.json")!r})):
    db.execute(sql).fetchall()
"""
        self.fresh()
        _, spans = self.traced(self.python(source, self.file), {"OTEL_C_SQLITE": "text"})
        self.assertEqual(len(spans), 2 + len(queries))
        for span in spans:
            text = json.dumps([span.name, span.attributes], ensure_ascii=False).replace(self.file, "")
            self.assertNotIn(MARK, text)
            self.assertNotIn(DIGITS, text)
        self.assertEqual({span.name for span in spans[2:]}, {"SELECT things", "SELECT things SELECT other"})

    def test_an_exec_is_one_span_with_all_its_statements_and_the_parent_of_what_its_rows_do(self):
        source = BY_HAND + """
row = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
inner = row(lambda *_: execute("SELECT 2"))
print(execute("INSERT INTO orders(item) VALUES ('x'); SELECT id FROM orders WHERE item = 'x'", inner))
print(execute("COMMIT"), execute(""))
table, n, m = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
print(lite.sqlite3_get_table(db, b"SELECT id FROM orders", ctypes.byref(table), ctypes.byref(n), ctypes.byref(m), None))
"""
        spans = self.same(self.python(source, self.file), self.fresh)
        outer, inner, commit, table = spans
        self.assertEqual(names(spans), ["INSERT orders SELECT orders", "SELECT", "COMMIT", "SELECT orders"])
        self.assertEqual((inner.parent, inner.trace_id), (outer.id, outer.trace_id))
        self.assertEqual((commit.attributes["error.type"], commit.status), ("SQLITE_ERROR", 2))

    def test_the_environment_s_parent_is_theirs(self):
        (span,) = self.run_python("print(db.execute('SELECT 1').fetchall())\n",
                                  {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01"})
        self.assertEqual((span.trace_id, span.parent, span.name), (TRACE, PARENT, "SELECT"))

    def test_threads_have_their_own_executions(self):
        spans = self.run_python("""
import threading
def work():
    own = sqlite3.connect(sys.argv[1])
    for _ in range(200):
        assert len(own.execute("SELECT * FROM orders").fetchall()) == 3
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
""")
        self.assertEqual(names(spans), ["SELECT orders"] * 800)
        self.assertEqual(len({span.id for span in spans}), 800)

    @unittest.skipUnless(has_traceable_shell(), NO_SHELL)
    def test_the_sqlite3_shell_prints_the_same_and_has_a_span_a_statement(self):
        script = "SELECT item FROM orders ORDER BY item; INSERT INTO orders(item) VALUES ('d'); SELECT count(*) FROM orders;"
        spans = self.same(["sqlite3", self.file, script], self.fresh)
        self.assertEqual([name for name in names(spans) if name.endswith("orders")],
                         ["SELECT orders", "INSERT orders", "SELECT orders"])
        spans = self.same(["sqlite3", self.file, ".dump"], self.fresh)
        self.assertIn("SAVEPOINT PRAGMA writable_schema", names(spans))  # of one sqlite3_exec

    @unittest.skipUnless(has_traceable_shell(), NO_SHELL)
    def test_doctor_tells_what_would_be_traced(self):
        done = harness.run(["libtrace-instrument", "--doctor", "sqlite3"], env={"OTEL_TRACES_EXPORTER": "console"})
        self.assertRegex(done.out, r"client     yes: libsqlite3\.so\.0 \(")
        done = harness.run(["libtrace-instrument", "--c-sqlite", "false", "--doctor", "sqlite3"],
                           env={"OTEL_TRACES_EXPORTER": "console"})
        self.assertIn("client     no: it has libsqlite3.so.0, and OTEL_C_SQLITE is false", done.out)


if __name__ == "__main__":
    harness.main()
