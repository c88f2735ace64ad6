// SPDX-License-Identifier: Apache-2.0

// gateway: GET /checkout asks order for an order, as api-gateway does.
//
// ADDR (127.0.0.1:8000), ORDER_URL; OTEL_* when traced.
package main

import (
	"io"
	"net/http"
	"strings"
	"time"

	"peers/service"
	"peers/telemetry"
)

func main() {
	shutdown := telemetry.Init(service.Setting("OTEL_SERVICE_NAME", "api-gateway"))
	orders := service.Setting("ORDER_URL", "http://localhost:8001/orders")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4096 // net/http keeps two; the rest would be closed and opened again
	transport.MaxIdleConns = 4096
	client := &http.Client{Transport: telemetry.Transport(transport), Timeout: 10 * time.Second}

	checkout := func(w http.ResponseWriter, r *http.Request) {
		order, _ := http.NewRequestWithContext(r.Context(), "POST", orders, strings.NewReader(`{"item":"widget","qty":1}`))
		order.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(order)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"ok","order":`)
		w.Write(body)
		io.WriteString(w, "}")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /checkout", telemetry.Handler(http.HandlerFunc(checkout), "GET /checkout"))
	service.Run(service.Setting("ADDR", "127.0.0.1:8000"), mux, shutdown)
}
