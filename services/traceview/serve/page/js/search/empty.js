// SPDX-License-Identifier: Apache-2.0
// What the search shows where there is nothing: how to send a first trace, to the ports that are really open.

import {announce, copyButton, make} from "../dom.js";

// A request of the demo's gateway, where its URL is known. Its answer is not for this page to read: the trace comes by
// itself.
export function sendButton(stats) {
	if (!stats.sendUrl) {
		return null;
	}
	const label = "Send a request";
	const button = make("button", {type: "button", className: "send", title: `GET ${stats.sendUrl}`}, label);
	button.addEventListener("click", async () => {
		button.disabled = true;
		button.textContent = "Sending …";
		try {
			await fetch(stats.sendUrl, {mode: "no-cors", credentials: "omit"});
			announce("Sent: its trace comes in a moment");
			button.textContent = label;
		} catch {
			button.textContent = "The gateway does not answer";
		}
		button.disabled = false;
	});
	return button;
}

export function firstSteps(stats) {
	const host = location.hostname.includes(":") ? `[${location.hostname}]` : location.hostname || "localhost";
	const command = `OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${stats.otlpPort} ` +
		`libtrace-instrument --service-name hello -- curl -sI ${location.origin}/`;
	return make("div", {className: "empty"},
		make("h1", {}, "No traces yet"),
		stats.sendUrl ? make("p", {}, sendButton(stats), " to the demo's gateway, and its trace appears here. Or trace a program:") :
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
