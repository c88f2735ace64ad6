// SPDX-License-Identifier: Apache-2.0
// A trace from the server, ready to be shown.

import {getTraceText} from "../api.js";
import {assignColors} from "../color.js";
import {readTrace} from "./otlp.js";
import {measure} from "./time.js";
import {growTree} from "./tree.js";

export function parseTrace(text, options) {
	const trace = measure(growTree(readTrace(JSON.parse(text)), options));
	assignColors(trace.services.keys());
	return trace;
}

export async function loadTrace(id, options) {
	return parseTrace(await getTraceText(id), options);
}
