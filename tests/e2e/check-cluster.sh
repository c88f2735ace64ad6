#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check-cluster.sh - the manifests on a real cluster; `make check-cluster`.
#
# kubectl's current context where there is one, else a one-node cluster of its own where CLUSTER_SH
# (../shared/cluster/cluster.sh) is at hand and may run, as root.  Nothing of it stays but what was
# compiled for such a cluster, in CLUSTER_BIN.
#
#   IMAGES        archives of the images gateway, order, postgres-image, traceview-image and agent-image (else Nix
#                 builds them); a lab's customers are then PATH's libtrace-instrument and shop-load, or build/prefix/bin's
#   LOAD_IMAGES   a command that takes an archive to the nodes of the current context
#                 (known without: kind, k3d, minikube)
#   JAEGER        Jaeger v2, for a cluster that can pull nothing (else PATH's, else it is built)
#   CLUSTER_TESTS names of the tests to run, as far as they need none before them
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cluster_sh=${CLUSTER_SH:-$root/../shared/cluster/cluster.sh}
namespace=tracing-demo

finish() { # PASSED FAILED SKIPPED
	echo "$1 passed, $2 failed, $3 skipped"
	[ "$2" -eq 0 ]
	exit
}
skip() {
	echo "skipped: $1"
	finish 0 0 1
}
fail() {
	echo "check-cluster: $1" >&2
	finish 0 1 0
}
step() { echo "== $* ($SECONDS s)"; }
quietly() { # COMMAND...: shows what it said only if it fails
	"$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; return 1; }
}

work=$(mktemp -d)
own='' namespace_is_ours=''
# shellcheck disable=SC2317 # the trap reaches it
cleanup() {
	if [ -n "$own" ]; then
		quietly "$cluster_sh" down || echo "check-cluster: the cluster did not go down" >&2
	elif [ -n "$namespace_is_ours" ]; then
		"$KUBECTL" delete namespace "$namespace" --ignore-not-found --timeout=120s >/dev/null
	fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- a cluster -----------------------------------------------------------------------------------

export KUBECTL=${KUBECTL:-kubectl}
load=() # COMMAND ARG...; an archive is added

use_context() {
	local context
	context=$("$KUBECTL" config current-context 2>/dev/null) || return 1
	# From here on it is this one, whatever becomes the current one meanwhile.
	"$KUBECTL" config view --raw --flatten --minify --context="$context" >"$work/kubeconfig" ||
		fail "kubectl's current context, $context, is not complete"
	export KUBECONFIG=$work/kubeconfig
	"$KUBECTL" version --request-timeout=10s >/dev/null 2>&1 || {
		echo "kubectl's current context, $context, does not answer"
		return 1
	}
	echo "cluster: kubectl's current context, $context"
	if [ -n "${LOAD_IMAGES:-}" ]; then
		read -ra load <<<"$LOAD_IMAGES"
	else
		case $context in
		kind-*) load=(kind load image-archive --name "${context#kind-}") ;;
		k3d-*) load=(k3d image import --cluster "${context#k3d-}") ;;
		minikube) load=(minikube image load) ;;
		*) skip "how images get to the nodes of $context is not known: set LOAD_IMAGES to a command" ;;
		esac
	fi
	! "$KUBECTL" get namespace $namespace >/dev/null 2>&1 ||
		fail "there is a namespace $namespace already; the test would remove it: kubectl delete namespace $namespace"
	namespace_is_ours=1
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

use_own() {
	[ -x "$cluster_sh" ] || return 1
	[ "$(id -u)" -eq 0 ] || { echo "a cluster of its own takes root" && return 1; }
	command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
	command -v go >/dev/null || { echo "a cluster of its own is compiled, and there is no Go" && return 1; }
	CLUSTER_BIN=${CLUSTER_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/$namespace-cluster}
	CLUSTER_STATE=$work/cluster
	CLUSTER_API_PORT=$(free_port)
	export CLUSTER_BIN CLUSTER_STATE CLUSTER_API_PORT
	mkdir -p "$CLUSTER_BIN"
	echo "cluster: one node of its own, made by $cluster_sh in $CLUSTER_BIN (the first time: 11 minutes)"
	if ! "$cluster_sh" deps || ! "$cluster_sh" build; then
		fail "the cluster cannot be built"
	fi
	own=1
	load=("$cluster_sh" import)
	KUBECTL=$CLUSTER_BIN/kubectl
	export KUBECONFIG=$CLUSTER_STATE/kubeconfig
}

# --- images --------------------------------------------------------------------------------------

# With a cluster of its own there is no nixpkgs to be had either: the stand-in has to serve.
build_images() {
	export NIX_CONFIG="experimental-features = nix-command flakes"
	local override=()
	if [ -n "$own" ]; then
		NIX_CONFIG+=$'\nsandbox = false\nbuild-users-group =\nsubstitute = false'
		override=(--no-write-lock-file --override-input nixpkgs path:./nix/nixpkgs-standin)
	fi
	mkdir "$work/source"
	tar -C "$root" -c --exclude=./.git --exclude='./build*' --exclude='./result*' --exclude=__pycache__ . |
		tar -C "$work/source" -x
	local image program
	for image in gateway order postgres-image traceview-image agent-image; do
		(cd "$work/source" && quietly nix build "${override[@]}" -o "$work/$image.tar.gz" "path:.#$image") || return 1
		gzip -dc "$work/$image.tar.gz" >"$work/$image.tar" || return 1 # not every tool takes it compressed
	done
	for program in libtrace services; do # in the images already: of a lab's customers
		(cd "$work/source" && quietly nix build "${override[@]}" -o "$work/$program" "path:.#$program") || return 1
		PATH=$work/$program/bin:$PATH
	done
}

have_nix() {
	command -v nix >/dev/null && return
	[ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
	quietly apt-get update && DEBIAN_FRONTEND=noninteractive quietly apt-get install -y --no-install-recommends \
		nix-bin file patchelf jq ca-certificates && quietly "$root/services/stack/packages.sh"
}

jaeger_program() {
	JAEGER=${JAEGER:-$(command -v jaeger)} && return
	JAEGER=$work/jaeger
	quietly "$root/tests/jaeger/build.sh" "$JAEGER"
}

use_context || use_own || skip "no cluster: kubectl has no context that answers, and there is no $cluster_sh to make one"

step images
if [ -n "${IMAGES:-}" ]; then
	read -ra archives <<<"$IMAGES"
else
	have_nix || skip "no Nix to build the images with: set IMAGES to their archives"
	build_images || fail "Nix cannot build the images"
	archives=("$work/gateway.tar" "$work/order.tar" "$work/postgres-image.tar" "$work/traceview-image.tar"
		"$work/agent-image.tar")
fi
pack=("$root/tests/e2e/k8s/pack.py")
export LOAD_IMAGE=localhost/libtrace/load:test KILL_IMAGE=localhost/libtrace/kill:test
for program in load kill; do
	quietly "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$work/$program" "$root/tests/e2e/k8s/$program.c" -lpthread ||
		fail "$program.c cannot be compiled"
	python3 "${pack[@]}" "localhost/libtrace/$program:test" "$work/$program.tar" "$work/$program"
	archives+=("$work/$program.tar")
done
if [ -n "$own" ]; then
	jaeger_program || fail "Jaeger cannot be built"
	image=$(sed -n 's/^ *image: \(jaegertracing.*\)/\1/p' "$root/k8s/10-jaeger.yaml")
	echo "$image can be pulled by no cluster without a network: $JAEGER stands in for it"
	python3 "${pack[@]}" "$image" "$work/jaeger.tar" "$JAEGER"
	archives+=("$work/jaeger.tar")
fi

if [ -n "$own" ]; then
	step "the cluster starts"
	quietly "$cluster_sh" up || fail "the cluster does not start"
	# It has nobody who makes volumes.
	export HOST_VOLUMES=$work/volumes
	mkdir -p "$HOST_VOLUMES"/{jaeger-store,postgres}
	chown 10001:10001 "$HOST_VOLUMES"/*
fi
# k8s/inject is tried with this machine's files, which are Debian's.
not_injected=''
if ! "$KUBECTL" api-resources --api-group=admissionregistration.k8s.io -o name >"$work/log" ||
	! grep -q '^mutatingadmissionpolicies' "$work/log"; then
	not_injected="no MutatingAdmissionPolicy in this cluster's API"
elif missing=$(for tool in go php musl-gcc patchelf; do command -v $tool >"$work/log" || echo "$tool"; done) && [ -n "$missing" ]; then
	not_injected="not installed: $missing"
else
	step "images to inject"
	quietly "$root/tests/e2e/k8s/inject_images.sh" "$work/inject" "${CLUSTER_BIN:-$work}" || fail "the images to inject cannot be made"
	archives+=("$work"/inject/*.tar)
fi
for archive in "${archives[@]}"; do
	quietly "${load[@]}" "$archive" || fail "$archive cannot be loaded by: ${load[*]}"
done

# --- the tests -----------------------------------------------------------------------------------

step "the tests"
# shellcheck disable=SC2086
python3 -u "$root/tests/e2e/k8s/test_cluster.py" ${CLUSTER_TESTS:-} | tee "$work/results"
n_files=1
PATH=$PATH:$root/build/prefix/bin
if missing=$(for program in libtrace-instrument shop-load; do command -v $program >"$work/log" || echo "$program"; done) &&
	[ -n "$missing" ]; then
	echo "ok - the labs # SKIP not on PATH: ${missing//$'\n'/ }" | tee -a "$work/results"
else
	for file in lab each_lab; do
		# shellcheck disable=SC2086
		python3 -u "$root/tests/e2e/k8s/test_$file.py" ${CLUSTER_TESTS:-} | tee -a "$work/results"
		n_files=$((n_files + 1))
	done
fi
if [ -n "$not_injected" ]; then
	echo "ok - k8s/inject # SKIP $not_injected" | tee -a "$work/results"
else
	# shellcheck disable=SC2086
	python3 -u "$root/tests/e2e/k8s/test_inject.py" ${CLUSTER_TESTS:-} | tee -a "$work/results"
	n_files=$((n_files + 1))
fi
count() { grep -cE "$1" "$work/results"; }
skipped=$(count '^ok .* # SKIP') passed=$(($(count '^ok ') - skipped)) failed=$(count '^not ok ')
[ "$(count '^1\.\.')" -eq $n_files ] || failed=$((failed + 1)) # one did not come to its end
step "the end"
finish "$passed" "$failed" "$skipped"
