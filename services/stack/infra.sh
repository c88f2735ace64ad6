#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# infra.sh - `up` starts a trace backend in the background and prints which; `down` stops it.
set -euo pipefail

state=${XDG_RUNTIME_DIR:-/tmp}/libtrace-infra-$(id -u) # what `up` leaves for `down`
image=docker.io/jaegertracing/jaeger:2.20.0
container=libtrace-infra-jaeger
ports=(-p 127.0.0.1:16686:16686 -p 127.0.0.1:4318:4318 -p 127.0.0.1:4317:4317)

die() {
	echo "infra: $1" >&2
	exit 1
}

ready() {
	curl -sf -o /dev/null --max-time 1 http://localhost:16686/api/v3/services
}

# started WHAT PID: waits until it answers and reports that
started() {
	local end=$((SECONDS + 30))
	until ready; do
		[ -z "$2" ] || kill -0 "$2" 2>/dev/null || die "$1 has stopped, see $state/log"
		[ $SECONDS -lt $end ] || die "$1 does not answer on :16686 after 30 s, see $state/log"
		sleep 0.1
	done
	echo "started $1: http://localhost:16686 (OTLP/HTTP on :4318, gRPC on :4317); stop it with: make infra-down"
}

start_process() { # WHAT PROGRAM ARG...
	local what=$1
	shift
	OTEL_TRACES_SAMPLER=always_off setsid "$@" >"$state/log" 2>&1 </dev/null &
	echo $! >"$state/pid"
	started "$what" $!
}

# Fails unless the container engine runs and has, or can pull, the image.
start_container() { # ENGINE
	command -v "$1" >/dev/null && "$1" info >/dev/null 2>&1 || return 1
	"$1" image inspect "$image" >/dev/null 2>&1 || timeout 120 "$1" pull -q "$image" >/dev/null 2>&1 ||
		return 1
	"$1" run -d --rm --name "$container" -e OTEL_TRACES_SAMPLER=always_off "${ports[@]}" "$image" \
		>"$state/log" 2>&1 || return 1
	echo "$1" >"$state/engine"
	started "Jaeger ($image by $1)" ""
}

jaeger_by_nix() { # prints the path of the flake's Jaeger
	command -v nix >/dev/null && [ -f flake.nix ] || return 1
	timeout 300 nix build --no-link --print-out-paths .#jaeger 2>/dev/null
}

up() {
	ready && die "a trace backend runs on :16686 already; stop it, or use it"
	for port in 16686 4318 4317; do
		! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
			die "port $port is in use by another program; stop it first"
	done
	mkdir -p "$state"
	rm -f "$state"/*
	local nix_jaeger
	if command -v jaeger >/dev/null; then
		start_process "Jaeger ($(command -v jaeger))" jaeger
	elif nix_jaeger=$(jaeger_by_nix); then
		start_process "Jaeger (by Nix)" "$nix_jaeger/bin/jaeger"
	elif ! start_container docker && ! start_container podman; then
		start_process "traceview (no Jaeger on PATH, by Nix, docker or podman)" traceview serve
	fi
}

down() {
	[ -d "$state" ] || die "nothing was started by infra-up"
	if [ -f "$state/engine" ]; then
		"$(cat "$state/engine")" stop "$container" >/dev/null
	elif [ -f "$state/pid" ]; then
		local pid
		pid=$(cat "$state/pid")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
	fi
	rm -rf "$state"
	echo "stopped"
}

case ${1:-} in
up) up ;;
down) down ;;
*) echo "usage: infra.sh up|down" >&2 && exit 2 ;;
esac
