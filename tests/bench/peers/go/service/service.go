// SPDX-License-Identifier: Apache-2.0

// Package service is what the two services share: settings from the environment, and a server that
// ends with SIGTERM.
package service

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Setting is the variable's value, or the default where it is not set.
func Setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// Seconds is the variable's value as a duration, or the default where it is not a number.
func Seconds(name string, otherwise float64) time.Duration {
	if seconds, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		otherwise = seconds
	}
	return time.Duration(otherwise * float64(time.Second))
}

// Run serves until SIGTERM or SIGINT, answers what has come in by then, and calls shutdown last.
func Run(address string, handler http.Handler, shutdown func(context.Context) error) {
	server := &http.Server{Addr: address, Handler: handler}
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server.Shutdown(ctx)
	shutdown(ctx)
}
