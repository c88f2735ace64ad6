# SPDX-License-Identifier: Apache-2.0
# agent-image.sh IMAGE - the agent's image has what pods need and nothing else, and its libraries load into
# programs of any image with a glibc of 2.31 or newer, or with musl.
set -euo pipefail

image=$1
size_max_bytes=12000000
glibc_max=2.31

die() {
	echo "agent-image: $1" >&2
	exit 1
}

folder=$(mktemp -d)
root=$folder/root
mkdir "$root"
tar -C "$folder" -xzf "$image"
config=$folder/$(jq -r '.[0].Config' "$folder/manifest.json")
jq -r '.[0].Layers[]' "$folder/manifest.json" | while read -r layer; do
	tar -tvf "$folder/$layer" >>"$folder/list"
	tar -C "$root" -xf "$folder/$layer"
done

size=$(stat -Lc %s "$image")
[ "$size" -lt $size_max_bytes ] || die "it has $size bytes"
jq -e '.config.User | test("^[1-9][0-9]*:[1-9][0-9]*$")' "$config" >/dev/null || die "its user is not a number other than root's"
! grep -E '^-..[sS]|^-.....[sS]' "$folder/list" || die "it has setuid or setgid files, see above"
[ ! -e "$root/nix" ] || die "it has files of the Nix store"
programs=$(cd "$root" && echo bin/* libtrace/bin/*)
[ "$programs" = "bin/cp libtrace/bin/libtrace-instrument libtrace/bin/libtrace-relay" ] || die "its programs are $programs"
[ "$(readlink "$root/autoinstrumentation")" = libtrace ] || die "OpenTelemetry's operator finds nothing to copy"

# What a foreign program's dynamic linker meets.
for library in "$root"/libtrace/lib/*.so*; do
	name=${library##*/}
	dynamic=$(readelf -dW "$library")
	! grep -E 'RPATH|RUNPATH' <<<"$dynamic" || die "$name names folders of its builder, see above"
	! grep -q /nix/store "$library" || die "$name has paths of the Nix store"
	foreign=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" |
		grep -vE '^(libtrace-c\.so\.0|libdl\.so\.2|libpthread\.so\.0|libc\.so\.6)$' || true) # usually none
	[ -z "$foreign" ] || die "$name needs $foreign"
	version=$(readelf -VW "$library" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
	[ "$(printf '%s\n' "$version" $glibc_max | sort -V | tail -n 1)" = $glibc_max ] || die "$name needs glibc $version"
	echo "$name: glibc ${version:-of any age}"
done
[ -n "$(readelf -VW "$root/libtrace/lib/libtrace-c.so.0" | grep GLIBC_)" ] || die "readelf shows no versions"
for name in libtrace-agent-core.so libtrace-c.so.0; do
	library=$root/libtrace/lib/libtrace-musl/$name
	[ -e "$library" ] || die "it has no $name for programs of musl"
	! grep -q /nix/store "$library" || die "$name for musl has paths of the Nix store"
	needed=$(readelf -dW "$library" | sed -n 's/.*(\(NEEDED\|RUNPATH\)).*\[\(.*\)\]/\2/p' | xargs)
	[[ $needed =~ ^(libtrace-c\.so\.0 )?libc\.so\ \$ORIGIN$ ]] || die "$name for musl needs $needed"
	! readelf -VW "$library" | grep GLIBC_ || die "$name for musl needs glibc, see above"
	echo "$name: musl"
done

# Our programs find their libraries beside them.
loads_own() { # FILE
	! "$root$linker" --list "$root/$1" | grep -E 'not found|=> /' | grep -v "=> $root/[^ ]*runtime/" ||
		die "$1 loads these from elsewhere, see above"
}
for program in bin/cp libtrace/bin/libtrace-instrument libtrace/bin/libtrace-relay; do
	linker=$(readelf -lW "$root/$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
	[[ $linker == /libtrace/runtime/* ]] || die "$program is started by $linker"
	loads_own "$program"
done
loads_own libtrace/runtime/libcurl.so.4
loads_own libtrace/runtime/libyaml-0.so.2
"$root$linker" "$root/libtrace/bin/libtrace-relay" --version
echo "$(wc -l <"$folder/list") files, $size bytes compressed, $(du -sk "$root" | cut -f1) KiB"
rm -rf "$folder"
