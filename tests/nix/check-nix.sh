#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check-nix.sh - the flake, proven without a network: every output built on nix/nixpkgs-standin, the
# images built twice and run, the stack run, `nix flake check`, `nix develop`; `make check-nix`.
#
# Wants a Debian or Ubuntu on x86_64 and root, which installs what is missing.  All that runs has a
# network of its own and ends with this script; what stays is the Nix store in /nix.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
system=x86_64-linux
jaeger=/usr/local/bin/jaeger # where the stand-in looks for it
apt=(nix-bin git podman runc shellcheck clang-format-14 wrk jq file patchelf iproute2 procps systemd systemd-container
	gcc libc6-dev make meson ninja-build
	pkg-config pkgconf python3 curl ca-certificates check zlib1g-dev libssl-dev libh2o-evloop-dev
	libcurl4-openssl-dev libjansson-dev libnghttp2-dev libsqlite3-dev libpq-dev postgresql libzstd-dev musl-tools)

# --- before: packages, Jaeger, a network of its own --------------------------------------------

cannot() {
	echo "check-nix: $1" >&2
	echo "0 passed, 1 failed"
	exit 1
}

prepare() {
	[ "$(id -u)" -eq 0 ] || cannot "wants to be root; with a Nix that reaches nixpkgs: nix flake check"
	[ "$(uname -m)" = x86_64 ] || cannot "the stand-in knows x86_64 only"
	command -v apt-get >/dev/null || cannot "the stand-in is made of Debian's packages, and there is no apt-get"
	if ! dpkg -s "${apt[@]}" >/dev/null 2>&1; then
		echo "installing Nix and what its stand-in for nixpkgs is made of"
		export DEBIAN_FRONTEND=noninteractive
		local log
		log=$(mktemp)
		if ! { apt-get update && apt-get install -y --no-install-recommends "${apt[@]}"; } >"$log" 2>&1; then
			cat "$log" >&2
			cannot "apt-get failed, see above"
		fi
		rm -f "$log"
	fi
	[ -x "$jaeger" ] && return
	local built
	if ! built=$(command -v jaeger); then
		built=$root/build-jaeger/jaeger # where CI has it
		[ -x "$built" ] || echo "building Jaeger, 5 to 10 minutes"
		[ -x "$built" ] || "$root/tests/jaeger/build.sh" "$built" || cannot "no Jaeger for the stack to run"
	fi
	ln -sf "$built" "$jaeger" # cleanup() takes it away
}

if [ "${1:-}" != --inside ]; then
	prepare
	exec unshare --net --pid --fork --kill-child --mount-proc "$root/tests/nix/check-nix.sh" --inside
fi
ip link set lo up

# --- the checks' tools -------------------------------------------------------------------------

work=$(mktemp -d)
export HOME=$work/home XDG_CACHE_HOME=$work/home/cache TMPDIR=$work/tmp
mkdir -p "$HOME" "$TMPDIR"
cleanup() {
	podman rm -af >/dev/null 2>&1
	podman rmi -af >/dev/null 2>&1
	[[ $(readlink "$jaeger") != "$root"/* ]] || rm "$jaeger"
	chmod -R u+w "$work"
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export NIX_CONFIG="experimental-features = nix-command flakes
sandbox = false
build-users-group =
substitute = false
max-jobs = 1"

# crun does not start where cgroups are of version 1; limits that only root outside may raise are not asked for.
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
cat >"$CONTAINERS_CONF" <<'EOF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
EOF
cat >"$CONTAINERS_STORAGE_CONF" <<EOF
[storage]
driver = "vfs"
graphroot = "$work/containers"
runroot = "$work/containers-run"
EOF

copy() { # FOLDER: the tree as it is now, without what was built
	mkdir "$1"
	tar -C "$root" -c --exclude=./.git --exclude='./build*' --exclude='./result*' --exclude=__pycache__ . | tar -C "$1" -x
}
copy "$work/a"
copy "$work/second-folder"
for file in README.md k8s/00-namespace.yaml tests/README.md; do
	echo "# changed" >>"$work/second-folder/$file"
done
cd "$work/a" || exit 1

# flake FOLDER VERB ARG...: nix VERB, on the stand-in
flake() {
	local folder=$1 verb=("$2")
	shift 2
	[ "${verb[0]}" != flake ] || { verb+=("$1") && shift; }
	(cd "$folder" && exec nix "${verb[@]}" --no-write-lock-file \
		--override-input nixpkgs path:./nix/nixpkgs-standin "$@")
}
out() { # OUTPUT: its path
	flake . eval --raw "path:.#$1.outPath" 2>/dev/null
}
# shellcheck disable=SC2016 # those are Nix's
drv_paths() { # FOLDER: of the packages, one a line
	flake "$1" eval --raw "path:.#packages.$system" --apply \
		'p: builtins.concatStringsSep "\n" (map (n: "${n} ${p.${n}.drvPath}") (builtins.attrNames p))' 2>/dev/null
}
wait_for() { # URL: until it answers, at most 30 s
	local end=$((SECONDS + 30))
	until curl -sf -o /dev/null --max-time 1 "$1"; do
		[ $SECONDS -lt $end ] || { echo "$1 does not answer" && return 1; }
		sleep 0.1
	done
}

passed=0 failed=0
check() { # NAME FUNCTION
	local start=$SECONDS status
	(set -e; "$2") >"$work/log" 2>&1 # not as a condition: `set -e` would be without effect
	status=$?
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok      $1 ($((SECONDS - start)) s)"
		sed -n 's/^say: /          /p' "$work/log"
	else
		failed=$((failed + 1))
		echo "FAILED  $1 ($((SECONDS - start)) s)"
		grep -E -A 20 '^FAILED' "$work/log" | head -n 100 | sed 's/^/          /' # those of its own make check
		tail -n 60 "$work/log" | sed 's/^/          /'
	fi
}

# --- the checks --------------------------------------------------------------------------------

images=(gateway order agent-image)
packages=(libtrace services traceview gateway order agent-image)

shown_clean() {
	flake . flake show "path:." >"$work/shown" 2>"$work/complaints"
	# As it should be: no network, a lock file left as it is in spite of the stand-in, k3s-test not shown.
	! grep -vE 'Internet access|not writing modified lock file|omitted .use' "$work/complaints" | grep -iE 'error|warning|trace:'
}

all_build() {
	local package
	for package in default h2o jaeger postgres-image traceview-image "${packages[@]}"; do
		flake . build --no-link "path:.#$package"
	done
}

same_derivations() {
	diff <(drv_paths .) <(drv_paths ../second-folder)
}

changes_seen() {
	copy "$work/changed"
	echo "/* changed */" >>"$work/changed/services/gateway/main.c"
	local changed
	changed=$(diff <(drv_paths .) <(drv_paths ../changed) | sed -n 's/^> \([^ ]*\) .*/\1/p' | xargs) || true # that they differ
	[ "$changed" = "default gateway order services" ] || { echo "these change: $changed" && return 1; }
}

built_twice() {
	local image package
	declare -A before
	for image in "${images[@]}"; do
		before[$image]=$(sha256sum <"$(out "$image")")
	done
	for package in "${packages[@]}"; do
		flake ../second-folder build --no-link --rebuild "path:.#$package"
	done
	for image in "${images[@]}"; do
		[ "${before[$image]}" = "$(sha256sum <"$(out "$image")")" ]
		echo "say: $image sha256:${before[$image]%% *} $(stat -c %s "$(out "$image")") bytes"
	done
}

labels() { # IMAGE: what its configuration has, in one line
	local folder
	folder=$(mktemp -d)
	tar -C "$folder" -xzf "$1"
	jq -r '.config.Labels | "\(."org.opencontainers.image.source") \(."org.opencontainers.image.revision")"' \
		"$folder/$(jq -r '.[0].Config' "$folder/manifest.json")"
}
images_labelled() {
	local image url=https://shop.example/src
	[ "$(labels "$(out gateway)")" = "null null" ] # a folder is no repository
	copy "$work/published"
	cd "$work/published"
	sed -i "s|publishedAt = null|publishedAt = \"$url\"|" flake.nix
	# Overridden on the command line, the stand-in would make the repository count as changed.
	sed -i "s|github:NixOS/nixpkgs/[^\"]*|path:$PWD/nix/nixpkgs-standin|" flake.nix
	git init -q
	git add -A
	nix flake lock
	git add -A
	git -c user.name=check -c user.email=check@shop.example commit -qm published
	for image in "${images[@]}" postgres-image traceview-image; do
		nix build --out-link "$work/image" ".#$image"
		[ "$(labels "$work/image")" = "$url $(git rev-parse HEAD)" ]
	done
}

images_listed() {
	local image
	flake . build --no-link "path:.#checks.$system.image-sbom"
	sed 's/^/say: /' "$(out "checks.$system.image-sbom")"
	for image in "${images[@]}" postgres-image traceview-image; do
		flake . build --out-link "$work/sbom" "path:.#$image.sbom"
		jq -e '.bomFormat == "CycloneDX"' "$work"/sbom/share/sbom/*.cdx.json
	done
}

images_loaded() {
	flake . run "path:.#load-images" -- podman
	podman image exists localhost/libtrace/api-gateway:0.1.0
	podman image exists localhost/libtrace/order-service:0.1.0
	podman image exists localhost/libtrace/postgres:0.1.0
	podman image exists localhost/libtrace/traceview:0.1.0
	local status=0
	flake . run "path:.#load-images" -- podman docker || status=$?
	[ $status -eq 2 ] || { echo "load-images takes a second word: exit code $status" && return 1; }
}

# in_containers SPANS ORDER-ARG...: one /checkout through both images, as a cluster runs them
in_containers() {
	local spans=$1 traceview pid headers run
	shift
	run=(podman run --detach --network host --read-only --cap-drop all --security-opt no-new-privileges)
	traceview=$(out traceview)/bin/traceview
	"$traceview" serve &
	local backend=$!
	wait_for http://localhost:16686/api/v3/services
	"${run[@]}" --name order "$@"
	"${run[@]}" --name gateway localhost/libtrace/api-gateway:0.1.0
	wait_for http://localhost:8001/readyz
	wait_for http://localhost:8000/readyz
	for container in order gateway; do
		pid=$(podman inspect -f '{{.State.Pid}}' $container)
		grep -P '^Uid:\t10001\t10001\t10001\t10001$' "/proc/$pid/status"
	done
	headers=$(curl -sf -D - -o /dev/null http://localhost:8000/checkout)
	"$traceview" show "$(sed -n 's/^traceresponse: 00-\([0-9a-f]*\)-.*/\1/ip' <<<"$headers")" --wait 15 --spans "$spans"
	podman stop gateway order
	[ "$(podman inspect -f '{{.State.ExitCode}}' gateway order | xargs)" = "0 0" ]
	podman rm gateway order
	kill "$backend"
	wait "$backend"
}

# What a program has made by the time it is killed arrives: nothing is sent before, and the launcher, the
# container's first process, outlives it.
containers_killed() {
	local traceview pid headers
	traceview=$(out traceview)/bin/traceview
	"$traceview" serve &
	local backend=$!
	wait_for http://localhost:16686/api/v3/services
	podman run --detach --network host --read-only --cap-drop all --security-opt no-new-privileges \
		--env OTEL_BSP_SCHEDULE_DELAY=60000 --name gateway localhost/libtrace/api-gateway:0.1.0
	wait_for http://localhost:8000/readyz
	headers=$(curl -s -D - -o /dev/null http://localhost:8000/checkout) # an error: there is no order-service
	pid=$(podman inspect -f '{{.State.Pid}}' gateway)
	pgrep -P "$pid" -x libtrace-relay
	kill -KILL "$(pgrep -P "$pid" -x api-gateway)"
	[ "$(podman wait gateway)" = 137 ]
	"$traceview" show "$(sed -n 's/^traceresponse: 00-\([0-9a-f]*\)-.*/\1/ip' <<<"$headers")" --wait 15 --spans 2
	podman rm gateway
	kill "$backend"
	wait "$backend"
}
order_image=localhost/libtrace/order-service:0.1.0
containers_zero_code() {
	in_containers 3 "$order_image"
}
containers_custom() {
	in_containers 5 "$order_image" order-service-custom
}
containers_manual() {
	in_containers 5 --entrypoint order-service-manual "$order_image"
}

no_shell() {
	local program
	for program in sh bash /bin/sh perl python3 env; do
		! podman run --rm --network none --entrypoint "$program" localhost/libtrace/api-gateway:0.1.0 || return 1
	done
}

# A copy of the agent, made by an init container, in programs of this system; its image's relay sends for them.
agent_image_used() {
	local traceview backend copy=$work/copy socket=$work/socket run trace
	run=(podman run --read-only --cap-drop all --security-opt no-new-privileges)
	traceview=$(out traceview)/bin/traceview
	zcat "$(out agent-image)" >"$work/agent.tar"
	podman load -i "$work/agent.tar"
	mkdir -m 777 "$copy" "$socket"
	"${run[@]}" --rm --network none --volume "$copy:/copy" --entrypoint cp localhost/libtrace/agent:0.1.0 -r /autoinstrumentation/. /copy
	[ "$(cd "$copy" && echo *)" = "bin lib runtime" ]
	"$traceview" serve &
	backend=$!
	wait_for http://localhost:16686/api/v3/services
	"${run[@]}" --detach --network host --volume "$socket:/run/libtrace" --name relay localhost/libtrace/agent:0.1.0 \
		--listen /run/libtrace/relay.sock
	until [ -S "$socket/relay.sock" ]; do sleep 0.1; done
	trace=$(printf '%032x' 18)
	LD_PRELOAD=$copy/lib/libtrace-agent.so OTEL_C_RELAY=$socket/relay.sock TRACEPARENT=00-$trace-0000000000000001-01 \
		curl -sf -o /dev/null http://localhost:16686/api/v3/services
	"$traceview" show "$trace" --wait 15 --spans 1
	podman stop relay
	[ "$(podman inspect -f '{{.State.ExitCode}}' relay)" = 0 ]
	podman rm relay
	kill "$backend"
	wait "$backend"
	untraced_as_ever "$copy/lib/libtrace-agent.so"
}

# Programs of other C libraries, and of none, start as if nothing were there.
untraced_as_ever() { # AGENT
	local compiler program=$work/untraced
	printf '#include <stdio.h>\nint main(void) { return puts("untraced") < 0 ? 1 : 7; }\n' >"$program.c"
	for compiler in "musl-gcc" "musl-gcc -static" "gcc -static"; do
		$compiler "$program.c" -o "$program"
		[ "$(LD_PRELOAD=$1 "$program" 2>&1; echo $?)" = $'untraced\n7' ] || { echo "$compiler: not as ever" && return 1; }
	done
}

stack_jaeger() {
	[ "$("$jaeger" version 2>&1 | wc -l)" -gt 0 ]
	flake . run "path:.#stack" -- --once
}
stack_traceview() {
	flake . run "path:.#stack" -- --once --backend traceview
}
stack_stores() {
	local store
	for store in sqlite postgres; do
		flake . run "path:.#stack" -- --once --backend traceview --store "$store" | tee "$work/said"
		grep -q 'insert_order_record' "$work/said"
		grep -q 'INSERT orders' "$work/said"
	done
}

stack_ends() {
	local stack status=0 left
	# A shell's background job ignores Ctrl-C; this one is to heed it.
	env --default-signal=INT nix run --no-write-lock-file --override-input nixpkgs path:./nix/nixpkgs-standin \
		"path:.#stack" -- --backend traceview --order zero-code &
	stack=$!
	wait_for http://localhost:8000/readyz
	flake . run "path:.#request" | grep '"status":"success"'
	flake . run "path:.#load" -- -d1s -c4 | grep 'requests in'
	kill -INT $stack
	wait $stack || status=$?
	[ $status -eq 130 ] || { echo "exit code $status" && return 1; }
	left=$(pgrep -lf 'traceview|order-service|api-gateway' || true)
	[ -z "$left" ] || { echo "still running: $left" && return 1; }
}

compared() {
	flake . run "path:.#compare" -- --only ours --requests 1,100
}

lab() {
	trap 'flake . run "path:.#lab" -- --stop' EXIT
	LAB_SHORT=1 flake . run "path:.#lab" -- 1 | grep "make lab-1 ANSWER"
	flake . run "path:.#lab" -- 1 'insert_order_record 1.5 s' && return 1
	flake . run "path:.#lab" -- 1 'check_inventory 2.8 s' | grep ^Right
}

flake_check() {
	flake . flake check --keep-going "path:."
	sed 's/^/say: /' "$(out "checks.$system.image-contents")"
}

# As a user has it: in a folder of its own, whose flake takes libtrace from this one.
template() {
	nix flake new -t . ../shop
	cd ../shop
	local overrides=(--no-write-lock-file --override-input nixpkgs "path:$work/a/nix/nixpkgs-standin" --override-input libtrace "path:$work/a")
	OTEL_TRACES_EXPORTER=console nix run "${overrides[@]}" path:. 2>&1 | tee printed
	grep -E '^  check_inventory +INTERNAL' printed
	nix develop "${overrides[@]}" path:. --command bash -c 'meson setup build && ninja -C build'
	OTEL_TRACES_EXPORTER=console build/shop | grep '^ordered'
	cp -r "$work/a/nix/template" ../as-it-is
	mkdir ../initialized && cd ../initialized
	nix flake init -t "$work/a"
	diff -r . ../as-it-is
}

module_of_readme() {
	{ echo '{ ... }: {' && sed -n '/^```nix$/,/^```$/{/^```/d;p}' README.md && echo '}'; } >readme.nix
	grep 'services.tracing-demo' readme.nix
	local port
	port=$(nix eval --impure --raw --expr "
		let pkgs = import ./nix/nixpkgs-standin { }; in
		(pkgs.lib.evalModules {
			specialArgs = { inherit pkgs; };
			modules = [ ./nix/checks/nixos-options.nix ./nix/module.nix ./readme.nix ];
		}).config.systemd.services.tracing-demo-gateway.environment.PORT")
	rm readme.nix
	[ "$port" = 8080 ] || { echo "port $port" && return 1; }
}

module_units() {
	flake . build --no-link "path:.#checks.$system.module"
	tests/nix/nixos-units.sh "$(out "checks.$system.module")/on" "$(out traceview)/bin/traceview"
}

develop() {
	# Nothing else on PATH, so nothing that apt would have to install. Where PATH is unset at first, the stand-in's bash
	# adds the system's folders.
	# shellcheck disable=SC2016
	flake . develop --ignore-environment --keep HOME --keep TMPDIR "path:." --command bash -c '
		export PATH=$(tr : "\n" <<<"$PATH" | grep ^/nix/store/ | paste -sd:)
		services/stack/packages.sh && CHECK_BUILDS=plain make check'
}

check "nix flake show says nothing but the outputs" shown_clean
check "every package builds" all_build
check "README, k8s/ and tests/ rebuild no package" same_derivations
check "a change in services/gateway rebuilds the services and their images only" changes_seen
check "built again from another folder: the same, byte for byte" built_twice
check "images' labels name the commit and where it is published" images_labelled
check "each image has an SBOM that names all of it" images_listed
check "load-images hands the four images to podman, and refuses more words" images_loaded
check "containers, non-root and read-only: a trace of 3 spans" containers_zero_code
check "containers with order-service-custom: 5 spans" containers_custom
check "containers with order-service-manual: 5 spans" containers_manual
check "containers: kill -9 of the program loses no span" containers_killed
check "the agent's image: copied by an init container, its relay sends; musl and static programs run as ever" agent_image_used
check "the gateway's image has no shell to start" no_shell
check "nix run .#stack -- --once, with a real Jaeger" stack_jaeger
check "nix run .#stack -- --once --backend traceview" stack_traceview
check "nix run .#stack -- --once --store sqlite|postgres: 6 spans" stack_stores
check "Ctrl-C ends the whole stack; .#request and .#load reach it" stack_ends
check "nix run .#compare: every span has the right parent" compared
check "nix run .#lab: started, a wrong answer, the right one" lab
check "nix flake check" flake_check
check "nix flake new: the template's program, built and traced" template
check "the README's NixOS module is as the options are" module_of_readme
check "the NixOS module's units in a systemd: sandboxed, 5 spans, none lost by a stop" module_units
check "nix develop: make check, with nothing on PATH but its own tools" develop
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
