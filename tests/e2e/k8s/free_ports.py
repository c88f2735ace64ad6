# SPDX-License-Identifier: Apache-2.0
"""Ports for a lab's shop, so that nothing else on this machine is in the way."""
import contextlib
import socket

VARIABLES = ("GATEWAY_PORT", "ORDER_PORT", "TRACEVIEW_UI_PORT", "TRACEVIEW_OTLP_PORT")


def free_ports():
    """@return a free port as a string, by the variable that sets it"""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in VARIABLES]
        return dict(zip(VARIABLES, (str(s.getsockname()[1]) for s in sockets)))
