// SPDX-License-Identifier: Apache-2.0
// What the search shows where there is nothing: how to send a first trace, to the ports that are really open.

import {copyButton, make} from "../dom.js";

export function firstSteps(stats) {
	const host = location.hostname.includes(":") ? `[${location.hostname}]` : location.hostname || "localhost";
	const command = `OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${stats.otlpPort} ` +
		`libtrace-instrument --service-name hello -- curl -sI ${location.origin}/`;
	return make("div", {className: "empty"},
		make("h1", {}, "No traces yet"),
		make("p", {}, "Send a first one; this page shows it by itself:"),
		make("div", {className: "command"}, make("code", {}, command), copyButton("Copy the command", () => command)),
		make("p", {}, "Programs with an OpenTelemetry SDK send theirs to ",
			make("code", {}, `http://${host}:${stats.otlpPort}`), " (OTLP over HTTP)",
			stats.grpcPort ? [" or ", make("code", {}, `http://${host}:${stats.grpcPort}`), " (gRPC)"] : null, "."));
}

export function nothingFound(stats) {
	return make("div", {className: "empty"}, make("h1", {}, "No trace matches"),
		make("p", {}, `${stats.traces} traces are kept. Fewer conditions find more of them.`));
}
