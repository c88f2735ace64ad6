# SPDX-License-Identifier: Apache-2.0
"""Requests from many threads at once, and from children that are forked meanwhile."""
import io
import os
import sys
import threading

import pycurl

BASE = sys.argv[1]


def get(path):
    curl, body = pycurl.Curl(), io.BytesIO()
    curl.setopt(curl.URL, f"{BASE}/{path}")
    curl.setopt(curl.WRITEDATA, body)
    curl.setopt(curl.NOSIGNAL, 1)
    curl.perform()
    return curl.getinfo(curl.RESPONSE_CODE), body.getvalue()


def in_a_thread(results):
    results += [get("page") for _ in range(10)]


def child():
    pid = os.fork()
    if pid == 0:
        get("child")
        sys.exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


get("held/1")
results = []
threads = [threading.Thread(target=in_a_thread, args=(results,)) for _ in range(8)]
for thread in threads:
    thread.start()
print([child() for _ in range(8)])
for thread in threads:
    thread.join()
print(len(results), set(results))
get("held/2")
