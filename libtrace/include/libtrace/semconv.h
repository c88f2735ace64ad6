/* SPDX-License-Identifier: Apache-2.0 */
/* semconv.h - the attribute keys of the semantic conventions that this project uses, spelled once.
 *
 * Source: https://github.com/open-telemetry/semantic-conventions, v1.44.0
 */
#ifndef LIBTRACE_SEMCONV_H
#define LIBTRACE_SEMCONV_H

#define LT_SEMCONV_SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"

#define LT_HTTP_REQUEST_METHOD "http.request.method"
#define LT_HTTP_REQUEST_METHOD_ORIGINAL "http.request.method_original"
#define LT_HTTP_REQUEST_RESEND_COUNT "http.request.resend_count"
#define LT_HTTP_RESPONSE_STATUS_CODE "http.response.status_code"
#define LT_HTTP_ROUTE "http.route"

#define LT_URL_FULL "url.full"
#define LT_URL_PATH "url.path"
#define LT_URL_QUERY "url.query"
#define LT_URL_SCHEME "url.scheme"

#define LT_SERVER_ADDRESS "server.address"
#define LT_SERVER_PORT "server.port"

#define LT_CLIENT_ADDRESS "client.address"

#define LT_NETWORK_PEER_ADDRESS "network.peer.address"
#define LT_NETWORK_PEER_PORT "network.peer.port"
#define LT_NETWORK_PROTOCOL_NAME "network.protocol.name"
#define LT_NETWORK_PROTOCOL_VERSION "network.protocol.version"
#define LT_NETWORK_TRANSPORT "network.transport"

#define LT_USER_AGENT_ORIGINAL "user_agent.original"

#define LT_DB_SYSTEM_NAME "db.system.name"
#define LT_DB_NAMESPACE "db.namespace"
#define LT_DB_QUERY_SUMMARY "db.query.summary"
#define LT_DB_QUERY_TEXT "db.query.text"
#define LT_DB_RESPONSE_STATUS_CODE "db.response.status_code"

#define LT_ERROR_TYPE "error.type"

#define LT_EXCEPTION_TYPE "exception.type"
#define LT_EXCEPTION_MESSAGE "exception.message"

#define LT_CODE_FUNCTION_NAME "code.function.name"

#define LT_SERVICE_NAME "service.name"
#define LT_SERVICE_VERSION "service.version"
#define LT_SERVICE_NAMESPACE "service.namespace"
#define LT_SERVICE_INSTANCE_ID "service.instance.id"

#define LT_TELEMETRY_SDK_NAME "telemetry.sdk.name"
#define LT_TELEMETRY_SDK_LANGUAGE "telemetry.sdk.language"
#define LT_TELEMETRY_SDK_VERSION "telemetry.sdk.version"
#define LT_TELEMETRY_DISTRO_NAME "telemetry.distro.name"
#define LT_TELEMETRY_DISTRO_VERSION "telemetry.distro.version"

#define LT_PROCESS_PID "process.pid"
#define LT_PROCESS_EXECUTABLE_NAME "process.executable.name"
#define LT_PROCESS_EXECUTABLE_PATH "process.executable.path"
#define LT_PROCESS_COMMAND_ARGS "process.command_args"
#define LT_PROCESS_RUNTIME_NAME "process.runtime.name"

#define LT_HOST_NAME "host.name"
#define LT_HOST_ARCH "host.arch"
#define LT_HOST_ID "host.id"

#define LT_OS_TYPE "os.type"
#define LT_OS_NAME "os.name"
#define LT_OS_VERSION "os.version"
#define LT_OS_DESCRIPTION "os.description"

#define LT_CONTAINER_ID "container.id"

#define LT_K8S_NAMESPACE_NAME "k8s.namespace.name"
#define LT_K8S_POD_NAME "k8s.pod.name"
#define LT_K8S_POD_UID "k8s.pod.uid"
#define LT_K8S_NODE_NAME "k8s.node.name"
#define LT_K8S_CONTAINER_NAME "k8s.container.name"

#endif
