# SPDX-License-Identifier: Apache-2.0
# image-contents.sh IMAGE... - checks what an image must and must not contain.
set -euo pipefail

# Anything that could start or build another program, and the dependencies of h2o's own package.
forbidden='(sh|bash|dash|ash|zsh|busybox|env|perl|python[0-9.]*|gcc|cc|ld|as|make|nix|curl|openssl|h2o|gdb)'

die() {
	echo "$name: $1" >&2
	exit 1
}

expect() { # WHAT JQ-EXPRESSION: true in the image's configuration
	jq -e "$2" "$folder/$config" >/dev/null || die "$1"
}

for image in "$@"; do
	name=$image
	folder=$(mktemp -d)
	tar -C "$folder" -xzf "$image"
	name=$(jq -r '.[0].RepoTags[0]' "$folder/manifest.json")
	config=$(jq -r '.[0].Config' "$folder/manifest.json")

	expect "its user is not a number other than root's" '.config.User | test("^[1-9][0-9]*:[1-9][0-9]*$")'
	expect "it does not start through libtrace-instrument" '.config.Entrypoint[0] | endswith("libtrace-instrument")'
	expect "it has no program to run" '.config.Cmd | length == 1'
	for variable in HOST=0.0.0.0 LOG_FORMAT=json OTEL_SERVICE_NAME=; do
		expect "it does not set $variable" ".config.Env | any(startswith(\"$variable\"))"
	done
	expect "it names no port" '.config.ExposedPorts | length == 1'
	for label in title description version licenses; do
		expect "it has no label $label" ".config.Labels[\"org.opencontainers.image.$label\"] | length > 0"
	done

	jq -r '.[0].Layers[]' "$folder/manifest.json" | while read -r layer; do
		tar -tvf "$folder/$layer"
	done >"$folder/list"
	! grep -E '^-..[sS]|^-.....[sS]' "$folder/list" || die "it has setuid or setgid files, see above"
	! grep -E "/s?bin/$forbidden( -> .*)?\$" "$folder/list" || die "it has programs that it does not need, see above"
	for file in bin/libtrace-instrument bin/libtrace-relay etc/ssl/certs/ca-bundle.crt; do
		grep -qE "[ /]$file( |\$)" "$folder/list" || die "it has no $file"
	done
	echo "$name: $(wc -l <"$folder/list") files, $(stat -Lc %s "$image") bytes compressed"
	rm -rf "$folder"
done
