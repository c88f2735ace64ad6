# shellcheck shell=bash disable=SC2154 # images
# SPDX-License-Identifier: Apache-2.0
# The body of `nix run .#load-images`; "${images[@]}" are the archives, gzip'ed.

usage() {
	cat <<'EOF'
usage: load-images docker|podman|kind|minikube|containerd

Puts the images of api-gateway, order-service, PostgreSQL and traceview where the cluster finds them.
  docker, podman   the engine's own storage
  kind             the nodes of the kind cluster (KIND_CLUSTER=kind)
  minikube         the node of the current minikube profile
  containerd       containerd's namespace for Kubernetes (CONTAINERD_NAMESPACE=k8s.io; as root)
EOF
}

die() {
	echo "load-images: $1" >&2
	exit "${2:-1}"
}

# Not every tool accepts a compressed archive, and some do not read from a pipe.
plain=$(mktemp)
trap 'rm -f "$plain"' EXIT

load() { # TOOL ARG...: the archive's path is the last argument
	command -v "$1" >/dev/null || die "no $1 on PATH"
	local image
	for image in "${images[@]}"; do
		gzip -dc "$image" >"$plain"
		"$@" "$plain"
	done
}

[ $# -le 1 ] || die "one place at a time; not understood: ${*:2}" 2
case ${1:-} in
docker | podman) load "$1" load -i ;;
kind) load kind load image-archive --name "${KIND_CLUSTER:-kind}" ;;
minikube) load minikube image load ;;
containerd) load ctr -n "${CONTAINERD_NAMESPACE:-k8s.io}" images import ;;
-h | --help) usage ;;
*)
	usage >&2
	exit 2
	;;
esac
