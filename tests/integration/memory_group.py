# SPDX-License-Identifier: Apache-2.0
"""A cgroup whose memory is limited, for what is to run out of it."""
import contextlib
import os
import tempfile

import harness

ROOT = "/sys/fs/cgroup/memory"
NEEDS = "needs the right to make a memory cgroup (v1)"


def is_allowed():
    return os.access(ROOT, os.W_OK)


def is_whole():
    """Whether all groups are where /proc/PID/cgroup has them: in a container without a cgroup namespace they are not."""
    with open("/proc/self/cgroup") as file:
        paths = [line.rstrip("\n").split(":", 2)[2] for line in file if "memory" in line.split(":", 2)[1].split(",")]
    return bool(paths) and os.path.isdir(ROOT + paths[0])


@contextlib.contextmanager
def entered(limit_bytes, as_container=False):
    """What to put before a command for it to run in such a group, which is removed as soon as it is empty.

    as_container: it sees the group where a container sees its own.
    """
    folder = tempfile.mkdtemp(prefix="libtrace-dies-", dir=ROOT)
    try:
        with open(os.path.join(folder, "memory.limit_in_bytes"), "w") as file:
            file.write(str(limit_bytes))
        enter = f"echo $$ > {folder}/cgroup.procs"
        if as_container:
            yield ["unshare", "-m", "sh", "-c", f'{enter}; mount --bind {folder} {ROOT}; exec "$@"', "sh"]
        else:
            yield ["sh", "-c", f'{enter}; exec "$@"', "sh"]
    finally:
        harness.wait_until(lambda: removed(folder), 60, "an empty group")


def removed(folder):
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True
