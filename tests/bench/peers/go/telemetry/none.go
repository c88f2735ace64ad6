// SPDX-License-Identifier: Apache-2.0

//go:build untraced

// Package telemetry does nothing here: the services without OpenTelemetry, for comparison.
package telemetry

import (
	"context"
	"net/http"
)

// Init does nothing, and nor does what it gives back.
func Init(string) func(context.Context) error {
	return func(context.Context) error { return nil }
}

// Handler is the handler itself.
func Handler(handler http.Handler, _ string) http.Handler { return handler }

// Transport is the transport itself.
func Transport(transport http.RoundTripper) http.RoundTripper { return transport }
