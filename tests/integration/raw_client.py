# SPDX-License-Identifier: Apache-2.0
"""A client that writes bytes: requests that no HTTP library would send, and connections that nobody reads."""
import socket

import harness

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
CHECKOUT = b"GET /checkout HTTP/1.1\r\nHost: a\r\n\r\n"
ORDER_BODY = b'{"item":"widget","qty":1}'
ORDER = (b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         b"Content-Length: %d\r\n\r\n%s" % (len(ORDER_BODY), ORDER_BODY))


def connect(port, receive_bytes=None):
    s = socket.socket()
    if receive_bytes:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    s.settimeout(30 * harness.SLOWNESS)
    s.connect(("127.0.0.1", port))
    return s


def read_to_end(s):
    """All bytes until the other side closes."""
    data = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return data
            data += more
    except ConnectionError:
        return data
