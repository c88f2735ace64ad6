# SPDX-License-Identifier: Apache-2.0
"""Requests by pycurl in its ways: easy, multi with select, and from children."""
import io
import os
import sys

import pycurl

BASE = sys.argv[1]


def prepared(path, *options):
    curl, body = pycurl.Curl(), io.BytesIO()
    curl.setopt(curl.URL, f"{BASE}/{path}")
    curl.setopt(curl.WRITEDATA, body)
    for option, value in options:
        curl.setopt(option, value)
    curl.body = body
    return curl


def get(path, *options):
    curl = prepared(path, *options)
    curl.perform()
    return curl.getinfo(curl.RESPONSE_CODE), curl.body.getvalue()


def by_multi(*paths):
    multi = pycurl.CurlMulti()
    curls = [prepared(path) for path in paths]
    for curl in curls:
        multi.add_handle(curl)
    running = 1
    while running:
        multi.select(0.1)
        _, running = multi.perform()
    _, done, failed = multi.info_read()
    for curl in curls:
        multi.remove_handle(curl)
    return len(done), len(failed)


def child(path):
    pid = os.fork()
    if pid == 0:
        print(get(path), flush=True)
        sys.exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


print(get("held/1"), get("status/404"), flush=True)
print(get("posted", (pycurl.POSTFIELDS, "a=b"), (pycurl.HTTPHEADER, ["X-Mine: 1"])), flush=True)
print(by_multi("a"), by_multi("b"), flush=True)
print([child("page") for _ in range(3)], flush=True)
print(get("held/2"), flush=True)
