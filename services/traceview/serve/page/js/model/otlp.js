// SPDX-License-Identifier: Apache-2.0
// Reads OTLP's JSON into spans. Times become nanoseconds since the trace's first span: numbers hold those exactly.

export const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

// Text of an AnyValue.
export function valueText(value) {
	if (!value) {
		return "";
	}
	if (value.arrayValue || value.kvlistValue) {
		return JSON.stringify(plainValue(value));
	}
	const [plain] = Object.values(value);
	return plain === undefined ? "" : String(plain);
}

function plainValue(value) {
	if (value.arrayValue) {
		return (value.arrayValue.values || []).map(plainValue);
	}
	if (value.kvlistValue) {
		return Object.fromEntries((value.kvlistValue.values || []).map((pair) => [pair.key, plainValue(pair.value || {})]));
	}
	const [plain] = Object.values(value);
	return plain === undefined ? null : plain;
}

// The word for an AnyValue's type; text needs none.
export function valueType(value) {
	const names = {boolValue: "bool", intValue: "int", doubleValue: "double", bytesValue: "bytes (base64)",
		arrayValue: "array", kvlistValue: "map"};
	return names[Object.keys(value || {})[0]] || "";
}

export function attributeText(attributes, key) {
	const found = attributes.find((pair) => pair.key === key);
	return found ? valueText(found.value) : "";
}

function readResource(group) {
	const attributes = (group.resource && group.resource.attributes) || [];
	return {
		attributes,
		dropped: (group.resource && group.resource.droppedAttributesCount) || 0,
		schemaUrl: group.schemaUrl || "",
		service: attributeText(attributes, "service.name"), // the server gives a name to those without
		host: ["host.id", "host.name", "ip", "host.ip", "service.instance.id"]
			.map((key) => attributeText(attributes, key)).find(Boolean) || "",
	};
}

function readScope(group) {
	const scope = group.scope || {};
	return {name: scope.name || "", version: scope.version || "", attributes: scope.attributes || [],
		dropped: scope.droppedAttributesCount || 0, schemaUrl: group.schemaUrl || ""};
}

function readSpan(raw, resource, scope) {
	return {
		id: raw.spanId || "",
		traceId: raw.traceId || "",
		parentId: raw.parentSpanId || "",
		name: raw.name || "",
		kind: KINDS[raw.kind || 0] ?? `kind ${raw.kind}`,
		service: resource.service,
		resource,
		scope,
		startNs: BigInt(raw.startTimeUnixNano || 0),
		endNs: BigInt(raw.endTimeUnixNano || 0),
		attributes: raw.attributes || [],
		events: raw.events || [],
		links: raw.links || [],
		status: (raw.status && raw.status.code) || 0,
		statusMessage: (raw.status && raw.status.message) || "",
		isError: !!raw.status && raw.status.code === 2,
		traceState: raw.traceState || "",
		flags: raw.flags || 0,
		dropped: {attributes: raw.droppedAttributesCount || 0, events: raw.droppedEventsCount || 0,
			links: raw.droppedLinksCount || 0},
		warnings: [],
	};
}

// @return {id, startNs (BigInt), spans}; each span with start and end relative to startNs
export function readTrace(body) {
	const spans = [];
	for (const group of body.result.resourceSpans) {
		const resource = readResource(group);
		for (const scopeGroup of group.scopeSpans || []) {
			const scope = readScope(scopeGroup);
			for (const raw of scopeGroup.spans || []) {
				spans.push(readSpan(raw, resource, scope));
			}
		}
	}
	const startNs = spans.reduce((least, span) => (span.startNs < least ? span.startNs : least), spans[0].startNs);
	for (const span of spans) {
		span.start = Number(span.startNs - startNs);
		span.duration = Number(span.endNs - span.startNs);
		if (span.duration < 0) {
			span.warnings.push("It ends before it starts: shown without a length.");
		}
		span.end = span.start + Math.max(0, span.duration);
	}
	return {id: spans[0].traceId, startNs, startMs: Number(startNs / 1000n) / 1000, spans};
}
