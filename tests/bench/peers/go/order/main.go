// SPDX-License-Identifier: Apache-2.0

// order: POST /orders checks the inventory and inserts a record, as order-service does.
//
// ADDR (127.0.0.1:8001), CHECK_SLEEP and INSERT_SLEEP in seconds; OTEL_* when traced.
package main

import (
	"encoding/json"
	"net/http"
	"time"

	"peers/service"
	"peers/telemetry"
)

type order struct {
	Item string `json:"item"`
	Qty  int    `json:"qty"`
}

func main() {
	shutdown := telemetry.Init(service.Setting("OTEL_SERVICE_NAME", "order-service"))
	check, insert := service.Seconds("CHECK_SLEEP", 0.3), service.Seconds("INSERT_SLEEP", 1.5)

	create := func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(check)
		time.Sleep(insert)
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"order_id": "ord-789", "status": "created"})
	}
	mux := http.NewServeMux()
	mux.Handle("POST /orders", telemetry.Handler(http.HandlerFunc(create), "POST /orders"))
	service.Run(service.Setting("ADDR", "127.0.0.1:8001"), mux, shutdown)
}
