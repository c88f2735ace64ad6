/* SPDX-License-Identifier: Apache-2.0 */
/* ready_probe.h - whether the service with these settings is ready, for health checks of containers,
 * whose images have no other HTTP client. */
#ifndef SERVICES_READY_PROBE_H
#define SERVICES_READY_PROBE_H

/**
 * Gets /readyz of the service that listens on a host's port, directly, without a proxy. Errors are
 * printed to standard error.
 *
 * @param host  as in HOST: 0.0.0.0 and :: mean this machine
 * @return the exit status: 0 when it answers 200 within 2 s, else 1
 */
int ready_probe(const char *program_name, const char *host, unsigned port);

#endif
