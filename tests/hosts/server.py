# SPDX-License-Identifier: Apache-2.0
"""The server that hosts talk to: it keeps every byte that they send, and holds them where they are looked at."""
import os
import re
import socket
import ssl
import subprocess
import threading

import harness

PAGE = b"the page\n"
METHOD_AND_TARGET = re.compile(rb"(\S+) (\S+) HTTP/1\.1\r\n")


def answer(status, body=b"", headers=(), head_only=False):
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + (b"" if head_only else body)


class TlsServer(harness.RawServer):
    """A RawServer behind TLS."""

    def __init__(self, port, reply, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        super().__init__(port, reply)

    def _serve(self, connection):
        try:
            super()._serve(self.context.wrap_socket(connection, server_side=True))
        except OSError:
            connection.close()


class Server:
    """Paths: held... waits for hold(), ...ended calls end(), status/N, moved, files/NAME (with ranges), git/... by git
    http-backend; all else is a page. Connections stay open. The port after the first speaks TLS, if there is a
    certificate."""

    def __init__(self, port, files, certificate, hold, end):
        self.files, self.hold, self.end = files, hold, end
        self.connections = []  # of each, its requests; in the order in which they came
        self.lock = threading.Lock()
        self.servers = [harness.RawServer(port, self._serve)]
        if certificate:
            self.servers.append(TlsServer(port + 1, self._serve, certificate))

    def stop(self):
        for server in self.servers:
            server.stop()

    def _serve(self, connection, request):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        requests = []
        with self.lock:
            self.connections.append(requests)
        while request:
            requests.append(request)
            method, target = (word.decode() for word in METHOD_AND_TARGET.match(request).groups())
            if "held" in target:
                self.hold()
            if "ended" in target:
                self.end()
            connection.sendall(self._answer(method, target, request))
            request = harness.read_request(connection)

    def _answer(self, method, target, request):
        path, _, query = target.partition("?")
        kind, _, rest = path[1:].partition("/")
        if kind == "status":
            return answer(int(rest.partition("/")[0]), PAGE)
        if kind == "moved":
            return answer(302, headers=["Location: /page"])
        if kind == "files":
            return self._file(rest, method, request)
        if kind == "git":
            return self._git(method, "/" + rest, query, request)
        return answer(200, PAGE, head_only=method == "HEAD")

    def _file(self, name, method, request):
        try:
            with open(os.path.join(self.files, os.path.basename(name)), "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return answer(404)
        wanted = re.search(rb"(?i)\r\nrange: *bytes=(\d+)-(\d*)\r\n", request)
        if not wanted:
            return answer(200, data, ["Accept-Ranges: bytes"], method == "HEAD")
        first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
        if first > last:
            return answer(416)
        return answer(206, data[first:last + 1], [f"Content-Range: bytes {first}-{last}/{len(data)}"])

    def _git(self, method, path, query, request):
        def header(name):
            found = re.search(rb"(?i)\r\n" + name + rb": *([^\r]*)\r\n", request)
            return found[1].decode() if found else ""

        body = request.partition(b"\r\n\r\n")[2]  # what is long would come in chunks; these tests push little
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": os.path.join(self.files, "git"),
               "GIT_HTTP_EXPORT_ALL": "1", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
               "GIT_CONFIG_VALUE_0": "*",
               "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1",
               "CONTENT_TYPE": header(b"content-type"), "CONTENT_LENGTH": str(len(body)),
               "HTTP_CONTENT_ENCODING": header(b"content-encoding"), "GIT_PROTOCOL": header(b"git-protocol")}
        done = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True, check=True)
        head, _, page = done.stdout.partition(b"\r\n\r\n")
        headers = head.decode().split("\r\n")
        status = next((line.split()[1] for line in headers if line.startswith("Status:")), 200)
        return answer(status, page, [line for line in headers if not line.startswith("Status:")])
