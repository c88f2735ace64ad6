#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# nixos-units.sh UNITS TRACEVIEW - starts the NixOS module's units (of the check `module`) in a systemd of their own:
# a trace of 5 spans out of three sandboxes, also of a request that is answered during the stop, and kept over a restart.
#
# As root, in a network namespace of its own: the units' ports are on the loopback.
set -euo pipefail

units=$1 traceview=$2
gateway=http://localhost:18000 page=http://localhost:17686
root=$(mktemp -d)
chmod 755 "$root" # the units' users have to get in
nspawn=
cleanup() {
	[ -z "$nspawn" ] || { kill -KILL "$nspawn" && wait "$nspawn"; } 2>/dev/null || true
	rm -rf --one-file-system "$root"
}
trap cleanup EXIT

# This system's programs, and nothing of its configuration.
mkdir -p "$root"/{usr,nix,etc/systemd/system/multi-user.target.wants,var,tmp,proc,sys,dev,run,root}
for folder in bin sbin lib lib64; do
	ln -s "usr/$folder" "$root/$folder"
done
cp -a /etc/passwd /etc/group /etc/ld.so.cache /etc/nsswitch.conf "$root/etc/"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf 'ID=units\n' >"$root/etc/os-release"
: >"$root/etc/machine-id"
for unit in "$units"/*.service; do
	cp "$unit" "$root/etc/systemd/system/"
	ln -s "../${unit##*/}" "$root/etc/systemd/system/multi-user.target.wants/"
done
ln -s /dev/null "$root/etc/systemd/system/console-getty.service"

# Only with cgroups of version 2 does a systemd in a container see that the last process of a unit has ended.
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory "$root" --bind-ro=/usr --bind-ro=/nix --register=no --keep-unit --boot \
	>"$root.log" 2>&1 </dev/null &
nspawn=$!

wait_until() { # COMMAND...: at most 30 s
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ] || ! kill -0 "$nspawn"; then
			echo "not in time: $*" >&2
			inside journalctl --no-pager -n 60 >&2 || cat "$root.log" >&2
			return 1
		fi
		sleep 0.1
	done
}
inside() { # COMMAND...: beside the units
	nsenter --target "$(pgrep -P "$nspawn" -x systemd)" --mount --pid --ipc --uts "$@"
}
show() { # SPANS
	"$traceview" show latest --url "$page" --wait 15 --spans "$1"
}

wait_until curl -sf "$gateway/readyz"
wait_until curl -sf "$page/api/services"
curl -sSf -o /dev/null "$gateway/checkout"
show 5

for name in traceview order gateway; do
	pid=$(inside systemctl show --property MainPID --value "tracing-demo-$name")
	status=$(inside cat "/proc/$pid/status")
	for line in $'Seccomp:\t2' $'NoNewPrivs:\t1' $'CapBnd:\t0000000000000000'; do
		[[ $status == *"$line"* ]] || { echo "tracing-demo-$name: $status" && exit 1; }
	done
	[[ $status != *$'Uid:\t0'* ]] || { echo "tracing-demo-$name runs as root" && exit 1; }
	inside systemd-analyze security --no-pager "tracing-demo-$name" | sed -n 's/^.*Overall/say: systemd-analyze: overall/p'
done
inside pgrep -x libtrace-relay >/dev/null

# A request in flight when its services stop is answered, and none of its spans is lost.
curl -sSf -o /dev/null "$gateway/checkout" &
request=$!
served() { inside journalctl --no-pager -u tracing-demo-order | grep -c 'order received' | grep -qx 2; }
wait_until served
inside systemctl stop tracing-demo-gateway tracing-demo-order
wait "$request"
[ "$("$traceview" list --url "$page" | grep -c checkout)" -eq 2 ]
show 5

inside systemctl restart tracing-demo-traceview
wait_until curl -sf "$page/api/services"
[ "$("$traceview" list --url "$page" | grep -c checkout)" -eq 2 ]
failed=$(inside systemctl list-units --no-legend --plain --state=failed 'tracing-demo-*')
[ -z "$failed" ] || { inside journalctl --no-pager -n 60 && exit 1; }
echo "sandboxed, traced, stopped and restarted"
