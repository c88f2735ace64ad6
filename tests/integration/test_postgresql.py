# SPDX-License-Identifier: Apache-2.0
"""libpq's queries as CLIENT spans, against a real PostgreSQL: psql, psycopg2, and libpq's functions by ctypes."""
import json
import subprocess
import unittest

import harness
from databases import DIGITS, MARK, POSTGRESQL_PORT as PORT, PYTHON, DatabaseTest, PostgreSQL as Server, names, random_queries

HAS_PSYCOPG2 = subprocess.run([PYTHON, "-c", "import psycopg2"], capture_output=True).returncode == 0
BY_HAND = """
import ctypes, select, sys
pq = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdb", "PQconnectStart", "PQexec", "PQexecParams", "PQprepare", "PQexecPrepared", "PQgetResult", "PQfn",
             "PQgetCancel"):
    getattr(pq, name).restype = ctypes.c_void_p
pq.PQgetvalue.restype = pq.PQcmdStatus.restype = ctypes.c_char_p
def p(pointer):
    return ctypes.c_void_p(pointer)
def status(result):
    value = pq.PQresultStatus(p(result)) if result else None
    pq.PQclear(p(result))
    return value
def results(n=1):
    found = []
    while True:
        result = pq.PQgetResult(conn)
        if not result:
            return found
        found.append(status(result))
def values(*texts):
    return (ctypes.c_char_p * len(texts))(*(text.encode() for text in texts))
conn = p(pq.PQconnectdb(sys.argv[1].encode()))
assert pq.PQstatus(conn) == 0
"""

SPANS_BY_HAND = """
lt = ctypes.CDLL("libtrace-c.so.0")
class Slice(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]
for name in ("lt_provider_global", "lt_tracer_get", "lt_span_start_named", "lt_span_current"):
    getattr(lt, name).restype = ctypes.c_void_p
lt.lt_span_start_named.argtypes = [ctypes.c_void_p, Slice, ctypes.c_void_p]
tracer = lt.lt_tracer_get(p(lt.lt_provider_global()), b"by hand", None)
def start(name):
    return p(lt.lt_span_start_named(tracer, Slice(name, len(name)), None))
def end(span):
    lt.lt_span_end_at(span, ctypes.c_uint64(0))
class within:
    def __init__(self, span):
        self.span, self.scope = span, (ctypes.c_uint64 * 2)()
    def __enter__(self):
        lt.lt_scope_enter(self.scope, self.span)
    def __exit__(self, *_):
        lt.lt_scope_leave(self.scope)
"""


@unittest.skipIf(Server.missing(), Server.missing())
class PostgreSQL(DatabaseTest):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.tcp = f"host=127.0.0.1 port={PORT} user=postgres dbname=postgres"
        cls.unix = f"host={cls.server.folder} port={PORT} user=postgres dbname=postgres"

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()

    def reset(self):
        done = harness.run(["psql", "-qXtA", self.unix, "-c",
                            "SET client_min_messages = error; DROP TABLE IF EXISTS orders; "
                            "CREATE TABLE orders(id serial PRIMARY KEY, item text UNIQUE); "
                            "INSERT INTO orders(item) VALUES ('a'), ('b'), ('c')"])
        self.assertEqual((done.code, done.err), (0, ""))

    def by_hand(self, source, env=None):
        """The spans of it but for that of the connection."""
        spans = self.same(self.python(BY_HAND + source + "pq.PQfinish(conn)\n", self.tcp), self.reset, env)
        self.assertEqual(spans[0].name, "CONNECT")
        return spans[1:]

    def psql(self, where, *commands, env=None, code=0):
        arguments = [argument for command in commands for argument in ("-c", command)]
        return self.same(["psql", "-X", where, *arguments], self.reset, env, code)

    def test_psql_prints_the_same_and_has_a_span_a_query_over_tcp_and_a_socket(self):
        for where, address, port in ((self.tcp, "127.0.0.1", PORT), (self.unix, f"{self.server.folder}/.s.PGSQL.{PORT}", None)):
            with self.subTest(where=where):
                connect, select, insert = self.psql(where, "SELECT * FROM orders WHERE item <> 'secret'",
                                                    "INSERT INTO orders(item) VALUES ('d') RETURNING id")
                known = {"db.system.name": "postgresql", "db.namespace": "postgres", "server.address": address,
                         **({"server.port": port} if port else {})}
                self.assertEqual((connect.name, connect.kind, connect.attributes), ("CONNECT", "CLIENT", known))
                self.assertEqual((select.name, select.kind, select.status), ("SELECT orders", "CLIENT", 0))
                self.assertEqual(select.attributes, {**known, "db.query.summary": "SELECT orders"})
                self.assertEqual(insert.name, "INSERT orders")
                self.assertEqual(select.scope["name"], "libtrace-agent/libpq")

    def test_what_fails_has_its_sqlstate(self):
        *_, unique = self.psql(self.tcp, "INSERT INTO orders(item) VALUES ('a')", code=1)
        self.assertEqual((unique.status, unique.attributes["db.response.status_code"], unique.attributes["error.type"]),
                         (2, "23505", "23505"))
        (failed,) = self.same(["psql", "-X", "host=127.0.0.1 port=1 user=postgres", "-c", "SELECT 1"], code=2)
        self.assertEqual((failed.name, failed.status, failed.attributes["error.type"], failed.attributes["server.port"]),
                         ("CONNECT", 2, "CONNECTION_BAD", 1))

    @unittest.skipUnless(HAS_PSYCOPG2, "no python3-psycopg2")
    def test_psycopg2_prints_the_same_and_has_its_transaction_s_spans(self):
        source = """
import psycopg2, sys
db = psycopg2.connect(sys.argv[1])
with db, db.cursor() as cursor:
    cursor.execute("INSERT INTO orders(item) VALUES (%s) RETURNING item", ("secret",))
    print(cursor.fetchall())
    cursor.copy_expert("COPY orders(item) TO STDOUT", sys.stdout)
try:
    with db, db.cursor() as cursor:
        cursor.execute("SELECT nothing FROM orders")
except psycopg2.Error as error:
    print(error.pgcode)
db.close()
"""
        spans = self.same(self.python(source, self.unix), self.reset, {"OTEL_C_POSTGRESQL": "text"})
        self.assertEqual([name for name in names(spans) if name not in ("SHOW", "SET")],
                         ["CONNECT", "BEGIN", "INSERT orders", "COPY orders", "COMMIT", "BEGIN", "SELECT orders", "ROLLBACK"])
        (insert,) = (span for span in spans if span.name == "INSERT orders")
        self.assertEqual(insert.attributes["db.query.text"], "INSERT INTO orders(item) VALUES (?) RETURNING item")
        self.assertNotIn("secret", self.raw)

    def test_parameters_and_prepared_statements(self):
        spans = self.by_hand("""
print(status(pq.PQexecParams(conn, b"SELECT * FROM orders WHERE item = $1", 1, None, values("secret"), None, None, 0)))
print(status(pq.PQprepare(conn, b"find", b"SELECT id FROM orders WHERE item = $1 OR item = 'secret'", 1, None)))
print(status(pq.PQexecPrepared(conn, b"find", 1, values("secret"), None, None, 0)))
print(status(pq.PQexec(conn, b"PREPARE other AS SELECT 1")), status(pq.PQexecPrepared(conn, b"other", 0, None, None, None, 0)))
""", {"OTEL_C_POSTGRESQL": "text"})
        text = "SELECT id FROM orders WHERE item = $1 OR item = ?"
        self.assertEqual([(s.name, s.attributes.get("db.query.text")) for s in spans],
                         [("SELECT orders", "SELECT * FROM orders WHERE item = $1"), ("PREPARE SELECT orders", text),
                          ("SELECT orders", text), ("PREPARE SELECT", "PREPARE other AS SELECT ?"), ("EXECUTE", None)])
        self.assertNotIn("secret", self.raw)

    def test_a_result_is_handled_for_whoever_sent_its_command(self):
        """Two requests' commands on a loop: spans of the handling are theirs, and nobody's in between and after."""
        _, spans = self.traced(self.python(BY_HAND + SPANS_BY_HAND + """
other = p(pq.PQconnectdb(sys.argv[1].encode()))
names = {conn.value: b"one", other.value: b"two"}
for where in (conn, other):
    request = start(names[where.value])
    with within(request):
        assert pq.PQsendQuery(where, b"SELECT pg_sleep(0.05); SELECT 1") == 1
    end(request)
waiting = [conn, other]
while waiting:
    ready = select.select([pq.PQsocket(where) for where in waiting], [], [])[0]
    end(start(b"loop"))
    for where in [where for where in waiting if pq.PQsocket(where) in ready]:
        pq.PQconsumeInput(where)
        end(start(b"loop"))
        while where in waiting and not pq.PQisBusy(where):
            result = pq.PQgetResult(where)
            end(start((b"row of " if result else b"after ") + names[where.value]))
            pq.PQclear(p(result))
            if not result:
                waiting.remove(where)
        end(start(b"loop" if where in waiting else b"left"))
pq.PQfinish(conn)
pq.PQfinish(other)
""", self.tcp))
        by_id = {span.id: span.name for span in spans}
        found = {(span.name, by_id.get(span.parent, span.parent)) for span in spans if span.kind == "INTERNAL"}
        self.assertEqual(found, {("one", ""), ("two", ""), ("row of one", "one"), ("row of two", "two"), ("after one", ""),
                                 ("after two", ""), ("loop", ""), ("left", "")})
        self.assertEqual(len([span for span in spans if span.name.startswith("row")]), 4)

    def test_asynchronous_commands_and_single_rows_end_with_their_last_result(self):
        spans = self.by_hand("""
print(pq.PQsendQuery(conn, b"SELECT id FROM orders; SELECT pg_sleep(0.2)"), results())
print(pq.PQsendQueryParams(conn, b"SELECT item FROM orders", 0, None, None, None, None, 0), pq.PQsetSingleRowMode(conn), results())
print(pq.PQsendPrepare(conn, b"", b"DELETE FROM orders", 0, None), results())
print(pq.PQsendDescribePrepared(conn, b""), results())
print(pq.PQsendQueryPrepared(conn, b"", 0, None, None, None, 0), results())
print(pq.PQsendQuery(conn, b"SELECT 1/0"), pq.PQsendQuery(conn, b"SELECT 2"), results())
""")
        self.assertEqual([(s.name, s.status) for s in spans],
                         [("SELECT orders SELECT", 0), ("SELECT orders", 0), ("PREPARE DELETE orders", 0),
                          ("DELETE orders", 0), ("SELECT", 2), ("SELECT", 2)])
        self.assertGreaterEqual(spans[0].end_ns - spans[0].start_ns, 200_000_000)
        self.assertEqual([s.attributes["error.type"] for s in spans[-2:]], ["22012", "_OTHER"])

    def test_in_pipeline_mode_each_command_has_its_own_span_and_error(self):
        spans = self.by_hand("""
print(pq.PQenterPipelineMode(conn))
for sql in (b"SELECT id FROM orders", b"SELECT 1/0 FROM orders", b"DELETE FROM orders"):
    print(pq.PQsendQueryParams(conn, sql, 0, None, None, None, None, 0))
print(pq.PQpipelineSync(conn))
print(pq.PQsendQueryParams(conn, b"UPDATE orders SET item = NULL", 0, None, None, None, None, 0), pq.PQpipelineSync(conn))
print(results(), results(), results(), status(pq.PQgetResult(conn)), results(), status(pq.PQgetResult(conn)), results())
print(pq.PQexitPipelineMode(conn), status(pq.PQexec(conn, b"SELECT 1")))
""")
        self.assertEqual([(s.name, s.attributes.get("error.type")) for s in spans],
                         [("SELECT orders", None), ("SELECT orders", "22012"), ("DELETE orders", "PGRES_PIPELINE_ABORTED"),
                          ("UPDATE orders", None), ("SELECT", None)])

    def test_a_copy_is_a_span_to_its_end(self):
        spans = self.by_hand("""
print(status(pq.PQexec(conn, b"COPY orders(item) FROM STDIN")))
print(pq.PQputCopyData(conn, b"secret\\n", 7), pq.PQputCopyEnd(conn, None), results())
print(status(pq.PQexec(conn, b"COPY orders(item) FROM STDIN")))
print(pq.PQputCopyData(conn, b"secret\\n", 7), pq.PQputCopyEnd(conn, None), results())
print(status(pq.PQexec(conn, b"COPY orders TO STDOUT")))
line = ctypes.c_void_p()
while pq.PQgetCopyData(conn, ctypes.byref(line), 0) > 0:
    pq.PQfreemem(line)
print(results())
""")
        self.assertEqual([(s.name, s.attributes.get("error.type")) for s in spans],
                         [("COPY orders", None), ("COPY orders", "23505"), ("COPY orders", None)])
        self.assertNotIn("secret", self.raw)

    def test_connecting_step_by_step_a_function_and_a_cancel(self):
        spans = self.by_hand("""
other = p(pq.PQconnectStart(sys.argv[1].encode()))
poll = pq.PQconnectPoll(other)
while poll in (1, 2):
    fd = pq.PQsocket(other)
    select.select([fd] if poll == 1 else [], [fd] if poll == 2 else [], [], 10)
    poll = pq.PQconnectPoll(other)
print(poll)
cancel, text = p(pq.PQgetCancel(other)), ctypes.create_string_buffer(256)
print(pq.PQsendQuery(other, b"SELECT pg_sleep(60)"))
# What has not begun cannot be cancelled.
print(status(pq.PQexec(conn, b"DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' "
                             b"AND state = 'active') LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$")))
print(pq.PQcancel(cancel, text, 256))
conn, first = other, conn
print(results())
pq.PQfreeCancel(cancel)
pq.PQfinish(other)
conn = first
number, length = ctypes.c_int(), ctypes.c_int()
print(status(pq.PQfn(conn, 2026, ctypes.byref(number), ctypes.byref(length), 1, None, 0)), number.value > 0)
""")
        self.assertEqual([(s.name, s.attributes.get("error.type")) for s in spans],
                         [("CONNECT", None), ("SELECT", "57014"), ("DO", None), ("CANCEL", None), ("CALL", None)])

    def commented(self, source, env=None):
        """What the program prints, a line each, and the spans but for that of the connection; current_query() is the
        text as the server got it."""
        done, spans = self.traced(self.python(BY_HAND + """
def text(result):
    value = pq.PQgetvalue(p(result), 0, 0)
    print(value.decode() if value else pq.PQresultErrorMessage(p(result)).decode().strip())
    pq.PQclear(p(result))
pq.PQresultErrorMessage.restype = ctypes.c_char_p
""" + source + "pq.PQfinish(conn)\n", self.tcp), {"OTEL_C_SQLCOMMENTER": "true", "OTEL_C_POSTGRESQL": "text", **(env or {})})
        return done.out.splitlines(), spans[1:]

    COMMENTED = """
text(pq.PQexec(conn, b"SELECT current_query()"))
text(pq.PQexec(conn, b"SELECT current_query(), '*/ $$';  "))
text(pq.PQexecParams(conn, b"SELECT current_query(), $1", 1, None, values("a"), None, None, 0))
assert pq.PQsendQuery(conn, b"SELECT current_query()") == 1
text(pq.PQgetResult(conn))
results()
assert pq.PQsendQueryParams(conn, b"SELECT current_query()", 0, None, None, None, None, 0) == 1
text(pq.PQgetResult(conn))
results()
"""

    def test_queries_carry_their_span_in_a_comment_where_that_is_wanted(self):
        out, spans = self.commented(self.COMMENTED)
        self.assertEqual(out, [f"{sql} /*traceparent='00-{span.trace_id}-{span.id}-03'*/" for sql, span in zip(
            ["SELECT current_query()", "SELECT current_query(), '*/ $$';  ", "SELECT current_query(), $1",
             "SELECT current_query()", "SELECT current_query()"], spans, strict=True)])
        self.assertEqual({span.attributes["db.query.text"] for span in spans},
                         {"SELECT current_query()", "SELECT current_query(), ?;", "SELECT current_query(), $1"})
        trace = "0af7651916cd43dd8448eb211c80319c"
        (line,), (span,) = self.commented('text(pq.PQexec(conn, b"SELECT current_query()"))\n',
                                          {"TRACEPARENT": f"00-{trace}-b7ad6b7169203331-01", "TRACESTATE": "a=b,c=d%'@x"})
        self.assertEqual(line, f"SELECT current_query() /*traceparent='00-{trace}-{span.id}-01',"
                               "tracestate='a%3Db%2Cc%3Dd%25%27%40x'*/")

    def test_no_byte_is_added_otherwise(self):
        out, _ = self.commented(self.COMMENTED, {"OTEL_C_SQLCOMMENTER": "false"})
        self.assertEqual(out, ["SELECT current_query()", "SELECT current_query(), '*/ $$';  ", "SELECT current_query(), $1",
                               "SELECT current_query()", "SELECT current_query()"])

    def test_nor_where_a_comment_is_there_or_would_change_something(self):
        source = """
for sql in (b"SELECT current_query() -- mine", b"/* mine */ SELECT current_query()", b"SELECT current_query(), '--'",
            b"SELECT 'open", b'SELECT "open', b"SELECT $x$ open $y$", b"SELECT E'\\\\''", b"", b" ; ",
            b"SELECT current_query(), '" + 70000 * b"a" + b"'"):
    result = pq.PQexec(conn, sql)
    print(pq.PQresultStatus(p(result)))
    text(result)
print(status(pq.PQprepare(conn, b"named", b"SELECT current_query()", 0, None)))
text(pq.PQexecPrepared(conn, b"named", 0, None, None, None, 0))
"""
        off, _ = self.commented(source, {"OTEL_C_SQLCOMMENTER": "false"})
        on, _ = self.commented(source)
        self.assertEqual(on, off)
        self.assertIn("SELECT current_query() -- mine", on)
        source = """
conn, first = p(pq.PQconnectdb(sys.argv[1].encode() + b" replication=database")), conn
print(pq.PQstatus(conn), status(pq.PQexec(conn, b"IDENTIFY_SYSTEM")))
pq.PQfinish(conn)
conn = first
"""
        out, _ = self.commented(source)
        self.assertEqual(out, ["0 2"])

    def test_random_queries_mean_the_same_with_the_comment(self):
        with open(self.path("queries.json"), "w") as file:
            json.dump(random_queries(18, "postgresql", 200), file)
        source = f"""
import json
pq.PQexec(conn, b"CREATE TEMP TABLE things(n text); CREATE TEMP TABLE other(n text); INSERT INTO things VALUES ('x')")
for sql in json.load(open({self.path("queries.json")!r})):
    text(pq.PQexec(conn, sql.encode()))
"""
        self.assertEqual(self.commented(source)[0], self.commented(source, {"OTEL_C_SQLCOMMENTER": "false"})[0])

    def test_commands_that_are_lost_with_their_connection_are_errors(self):
        spans = self.by_hand("""
other = p(pq.PQconnectdb(sys.argv[1].encode()))
print(pq.PQenterPipelineMode(other))
for sql in (b"SELECT pg_sleep(60)", b"DELETE FROM orders"):
    print(pq.PQsendQueryParams(other, sql, 0, None, None, None, None, 0), pq.PQpipelineSync(other))
print(status(pq.PQexec(conn, f"SELECT pg_terminate_backend({pq.PQbackendPID(other)})".encode())))
while pq.PQconsumeInput(other):
    pass
pq.PQfinish(other)
""")
        self.assertEqual([(s.name, s.attributes.get("error.type")) for s in spans],
                         [("CONNECT", None), ("SELECT", "CONNECTION_BAD"), ("DELETE orders", "CONNECTION_BAD"), ("SELECT", None)])

    def test_off_is_off(self):
        self.assertEqual(self.psql(self.tcp, "SELECT 1", env={"OTEL_C_POSTGRESQL": "false"}), [])

    def test_no_literal_of_a_random_query_is_in_any_span_by_postgresql_s_own_idea_of_them(self):
        """Each of the queries is one that PostgreSQL takes; so its literals are those that were meant as such."""
        queries = random_queries(17, "postgresql", 500)
        with open(self.path("queries.json"), "w") as file:
            json.dump(queries, file)
        source = BY_HAND + f"""
import json
print(status(pq.PQexec(conn, b"CREATE TEMP TABLE things(n text); CREATE TEMP TABLE other(n text)")))
for sql in json.load(open({self.path("queries.json")!r})):
    if sql and status(pq.PQexec(conn, sql.encode())) != 2:
        print("refused", sql)
print(status(pq.PQexec(conn, b"SET standard_conforming_strings = off; SET escape_string_warning = off")))
print(status(pq.PQexec(conn, b"SELECT '{MARK}\\\\' {MARK}' FROM things")))
pq.PQfinish(conn)
"""
        done, spans = self.traced(self.python(source, self.tcp), {"OTEL_C_POSTGRESQL": "text"})
        self.assertEqual(done.out, "1\n1\n2\n")
        self.assertEqual(len(spans), 4 + len(queries))
        for span in spans:
            text = json.dumps([span.name, span.attributes], ensure_ascii=False)
            self.assertNotIn(MARK, text)
            self.assertNotIn(DIGITS, text)


if __name__ == "__main__":
    harness.main()
