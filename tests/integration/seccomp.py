# SPDX-License-Identifier: Apache-2.0
"""System calls that fail in a program and in all that it starts, as on systems that do not have them."""
import ctypes
import errno
import platform
import struct

NUMBERS = {  # by machine; an argument of None: whatever its arguments are
    "getsockopt": {"x86_64": 55, "aarch64": 209},
    "socket": {"x86_64": 41, "aarch64": 198},
    "memfd_create": {"x86_64": 319, "aarch64": 279},
    "pidfd_open": {"x86_64": 434, "aarch64": 434},
    "clone": {"x86_64": 56, "aarch64": 220},  # fork(); threads are made by clone3
}
LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06
ERRNO, ALLOW = 0x00050000, 0x7FFF0000
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2  # prctl


def fails(call, number, argument=None):
    """For preexec_fn: the call fails with that errno, where its n-th argument is a value, if argument is (n, value)."""
    program = [(LOAD, 0, 0, 0), (EQUAL, 0, 3 if argument else 1, NUMBERS[call][platform.machine()])]
    if argument:
        program += [(LOAD, 0, 0, 16 + 8 * argument[0]), (EQUAL, 0, 1, argument[1])]
    program += [(ANSWER, 0, 0, ERRNO | number), (ANSWER, 0, 0, ALLOW)]

    def install():
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
        head = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SECCOMP, FILTER, head) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")
    return install


# Where there can be no relay: what is missing, for preexec_fn.
NO_UNIX_SOCKETS = fails("socket", errno.EAFNOSUPPORT, (0, 1))
NO_MEMFD = fails("memfd_create", errno.ENOSYS)
NO_PIDFD = fails("pidfd_open", errno.ENOSYS)
NO_MORE_PROCESSES = fails("clone", errno.EAGAIN)
NO_PEER_PIDFD = fails("getsockopt", errno.ENOPROTOOPT, (2, 77))  # SO_PEERPIDFD: before Linux 6.5
