#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# stack.sh - the whole demo in one terminal: starts a backend, order-service and api-gateway and waits
# for each; one Ctrl-C stops all, without losing spans. Used by `make demo` and `nix run .#stack`.
set -euo pipefail
shopt -s inherit_errexit

backend=${STACK_BACKEND:-traceview} # the default of whoever wraps this script

usage() {
	cat <<EOF
usage: stack [--order zero-code|custom|manual] [--store none|sqlite[:FILE]|postgres]
       [--backend jaeger|traceview] [--once] [--keep] [--faults]

Starts a trace backend, order-service and api-gateway, and runs until Ctrl-C.
  --order VARIANT   how order-service is traced (default: custom)
  --store STORE     where it stores orders (default: none); a second writer holds the lock for 1.5 s at each
                    insert (ORDER_STORE_LOCK_MS=1500). sqlite: a file beside the backend's log;
                    postgres: a PostgreSQL of its own, which ends with the stack, and its folder too
  --backend NAME    jaeger (a real one, on PATH) or traceview (default: $backend)
  --once            send one /checkout, stop the services, print its trace, exit 0
  --keep            after --once: leave everything running until Ctrl-C
  --faults          what can be made to go wrong is listed by GET /faults of each service, and of traceview's page
The backend's log is a file, whose name is printed; the services' logs are the output.
Ports, by variable: GATEWAY_PORT=8000 ORDER_PORT=8001 TRACEVIEW_UI_PORT=16686
TRACEVIEW_OTLP_PORT=4318 TRACEVIEW_GRPC_PORT=4317 (Jaeger's last three are fixed).
Delays: CHECK_INVENTORY_MS=300 INSERT_ORDER_RECORD_MS=1500 ORDER_PROCESSING_MS=500
EOF
}

die() {
	echo "stack: $1" >&2
	exit "${2:-1}"
}

order=custom store=none once='' keep='' faults=()
while [ $# -gt 0 ]; do
	case $1 in
	--order | --store | --backend)
		[ $# -gt 1 ] || die "$1 needs a value; see --help" 2
		declare "${1#--}=$2"
		shift
		;;
	--once) once=1 ;;
	--keep) keep=1 ;;
	--faults) faults=(--faults) ;;
	--help | -h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
	shift
done

bin=${STACK_BIN:-} # where the programs are; empty: PATH
[ -z "$bin" ] || PATH=$bin:$PATH

gateway_port=${GATEWAY_PORT:-8000}
order_port=${ORDER_PORT:-8001}
ui_port=${TRACEVIEW_UI_PORT:-16686}
otlp_port=${TRACEVIEW_OTLP_PORT:-4318}
grpc_port=${TRACEVIEW_GRPC_PORT:-4317}

case $order in
zero-code) order_program=(libtrace-instrument order-service) spans=3 ;;
custom) order_program=(libtrace-instrument order-service-custom) spans=5 ;;
manual) order_program=(order-service-manual) spans=5 ;;
*) die "--order is zero-code, custom or manual, not \"$order\"" 2 ;;
esac
order_env=() gateway_env=() # a store needs
case $store in
none) ;;
sqlite | sqlite:?*)
	order_env=(ORDER_STORE_LOCK_MS="${ORDER_STORE_LOCK_MS:-1500}")
	gateway_env=(ORDER_RETRIES="${ORDER_RETRIES:-10}") # an order is stored once, by its key
	[ "$order" != custom ] || spans=6 # the INSERT's, by the agent
	;;
postgres)
	order_env=(ORDER_STORE_LOCK_MS="${ORDER_STORE_LOCK_MS:-1500}")
	gateway_env=(ORDER_RETRIES="${ORDER_RETRIES:-10}")
	[ "$order" = manual ] || spans=$((spans + 1)) # sent by the request's own thread
	debian=(/usr/lib/postgresql/*/bin) # Debian's, where none is on PATH
	postgres_bin=$(dirname "$(readlink -f "$(command -v postgres || echo "${debian[-1]}/postgres")")")
	[ -x "$postgres_bin/initdb" ] || die "no PostgreSQL on PATH or in /usr/lib/postgresql; --store sqlite needs none"
	;;
*) die "--store is none, sqlite, sqlite:FILE or postgres, not \"$store\"" 2 ;;
esac
case $backend in
traceview) backend_program=(traceview serve "${faults[@]}") ;;
jaeger)
	command -v jaeger >/dev/null || die "no jaeger on PATH; --backend traceview needs none"
	backend_program=(jaeger) ui_port=16686 otlp_port=4318 grpc_port=4317
	;;
*) die "--backend is jaeger or traceview, not \"$backend\"" 2 ;;
esac

# --- processes ---------------------------------------------------------------------------------

pids=() names=() # in the order of starting: the backend is the first
# stop_down_to N: all but the first N. The gateway first, then what it calls, so that no span is lost.
stop_down_to() {
	local status=0
	for ((i = ${#pids[@]} - 1; i >= $1; i--)); do
		kill -TERM "${pids[i]}" 2>/dev/null || true
		wait "${pids[i]}" 2>/dev/null || {
			status=$?
			echo "stack: ${names[i]} exited with code $status" >&2
		}
		unset "pids[i]"
	done
	return "$status"
}
postgres_folder=''
stop_all() {
	local status=$?
	trap '' INT TERM
	stop_down_to 0 || [ $status -ne 0 ] || status=1
	[ -z "$postgres_folder" ] || rm -rf "$postgres_folder"
	exit "$status"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME VAR=value... PROGRAM ARG...: prefixes each line of its output with the name
start() {
	local name=$1
	shift
	# Each in a session of its own: Ctrl-C reaches this script only, which stops the processes in
	# order, and sed ends with the program's last line.
	setsid env "$@" > >(exec setsid sed -u "s/^/$(printf '%-13s' "$name") | /") 2>&1 &
	pids+=($!) names+=("$name")
}

# for the backend's log, and orders
folder=${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}/libtrace-stack-$(id -u)
make_folder() {
	(umask 077 && mkdir -p "$folder")
	[ -O "$folder" ] || die "$folder belongs to somebody else; the backend's log would go there"
}

start_backend() { # VAR=value... PROGRAM ARG...
	backend_log=$folder/$backend-$ui_port.log
	setsid env "$@" >"$backend_log" 2>&1 &
	pids+=($!) names+=("$backend")
	echo "stack: $backend's log: $backend_log" >&2
}

# As nobody where this is root, whom it refuses. Only this user reaches its socket.
start_postgres() {
	local as=() log=$folder/postgres-$order_port.log base=${TMPDIR:-/tmp}
	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${as[@]}" test -x "$base" || base=/tmp # a private folder of root's
	postgres_folder=$(mktemp -d "$base/libtrace-postgres-XXXXXX")
	[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$postgres_folder"
	(cd "$postgres_folder" && LC_ALL=C exec "${as[@]}" "$postgres_bin/initdb" -D "$postgres_folder/data" -A trust -U postgres \
		-N -E UTF8) >"$log" 2>&1 || { tail -n 20 "$log" >&2 && die "no database could be made"; }
	(cd "$postgres_folder" && LC_ALL=C exec setsid "${as[@]}" "$postgres_bin/postgres" -D "$postgres_folder/data" \
		-k "$postgres_folder" -c listen_addresses= -c unix_socket_permissions=0700) >>"$log" 2>&1 &
	pids+=($!) names+=(postgres)
	echo "stack: PostgreSQL's log: $log" >&2
	local end=$((SECONDS + 60))
	until "${as[@]}" "$postgres_bin/pg_isready" -q -h "$postgres_folder"; do
		kill -0 "${pids[-1]}" 2>/dev/null || { tail -n 20 "$log" >&2 && die "PostgreSQL stopped before it was ready"; }
		[ $SECONDS -lt $end ] || die "PostgreSQL was not ready within 60 s"
		sleep 0.1
	done
	store="postgresql:///postgres?host=$postgres_folder&user=postgres"
}

must_be_free() { # PORT VARIABLE
	if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
		die "port $1 is in use; set $2 to a free one, or stop what listens there"
	fi
}

wait_for() { # NAME URL: until it answers 200, or its process is gone, or 30 s have passed
	local pid=${pids[-1]} end=$((SECONDS + 30))
	until curl -sf -o /dev/null --max-time 1 "$2"; do
		if ! kill -0 "$pid" 2>/dev/null; then
			[ "$1" != "$backend" ] || tail -n 20 "$backend_log" >&2
			die "$1 stopped before it was ready; see its output above"
		fi
		[ $SECONDS -lt $end ] || die "$1 did not answer $2 within 30 s"
		sleep 0.1
	done
}

must_be_free "$gateway_port" GATEWAY_PORT
must_be_free "$order_port" ORDER_PORT
must_be_free "$ui_port" TRACEVIEW_UI_PORT
must_be_free "$otlp_port" TRACEVIEW_OTLP_PORT
must_be_free "$grpc_port" TRACEVIEW_GRPC_PORT

ui=http://localhost:$ui_port
make_folder
if [ "$store" = sqlite ]; then
	store=sqlite:$folder/orders-$order_port.db
	echo "stack: orders are stored in ${store#sqlite:}" >&2
fi
# Spans are sent after 0.5 s instead of the SDK's 5 s, so that the trace is there at once; a service that stops
# waits until they are, since the backend is stopped next.
traced=(OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:$otlp_port"
	OTEL_BSP_SCHEDULE_DELAY="${OTEL_BSP_SCHEDULE_DELAY:-500}"
	OTEL_C_EXIT_TIMEOUT="${OTEL_C_EXIT_TIMEOUT:-2000}")

start_backend OTEL_TRACES_SAMPLER=always_off TRACEVIEW_UI_PORT="$ui_port" \
	TRACEVIEW_OTLP_PORT="$otlp_port" TRACEVIEW_GRPC_PORT="$grpc_port" \
	TRACEVIEW_GATEWAY="http://localhost:$gateway_port" "${backend_program[@]}"
wait_for "$backend" "$ui/api/v3/services"
[ "$store" != postgres ] || start_postgres
# The gateway knows the trace id, so the answers to it need no headers with it.
start order-service "${traced[@]}" OTEL_C_RESPONSE_HEADERS=edge OTEL_SERVICE_NAME=order-service PORT="$order_port" \
	ORDER_STORE="$store" "${order_env[@]}" "${order_program[@]}" "${faults[@]}"
wait_for order-service "http://localhost:$order_port/readyz"
start api-gateway "${traced[@]}" OTEL_SERVICE_NAME=api-gateway PORT="$gateway_port" \
	ORDER_SERVICE_URL="http://localhost:$order_port" "${gateway_env[@]}" libtrace-instrument api-gateway "${faults[@]}"
wait_for api-gateway "http://localhost:$gateway_port/readyz"

# --- the request and its trace ---------------------------------------------------------------------

if [ -n "$once" ]; then
	headers=$(curl -sf -D - -o /dev/null "http://localhost:$gateway_port/checkout") ||
		die "/checkout failed"
	trace_id=$(sed -n 's/^traceresponse: 00-\([0-9a-f]*\)-.*/\1/ip' <<<"$headers")
	[ -n "$trace_id" ] || die "the answer to /checkout has no traceresponse header"
	# Their last lines before the trace, which is what the user reads.
	[ -n "$keep" ] || stop_down_to 1
	echo
	traceview show "$trace_id" --url "$ui" --wait 15 --spans $spans
	[ -n "$keep" ] || exit 0
	trace_link=$ui/trace/$trace_id
fi
cat <<EOF

Running: api-gateway on :$gateway_port, order-service ($order) on :$order_port, $backend on :$ui_port
  a request:   curl -i http://localhost:$gateway_port/checkout    (traceresponse names its trace)
  its trace:   ${trace_link:-$ui/search?service=api-gateway}
Ctrl-C stops everything.
EOF
wait -n "${pids[@]}" || true
die "one of the processes has exited; stopping the others"
