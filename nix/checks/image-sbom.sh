# SPDX-License-Identifier: Apache-2.0
# image-sbom.sh IMAGE... - each image has a CycloneDX file that names all that is in it, and nothing else.
# shellcheck disable=SC2016 # those are jq's
set -euo pipefail

die() {
	echo "$name: $1" >&2
	exit 1
}

expect() { # WHAT JQ-EXPRESSION: true of the file
	jq -e "$2" "$folder/sbom" >/dev/null || die "$1"
}

for image in "$@"; do
	name=$image
	folder=$(mktemp -d)
	tar -C "$folder" -xzf "$image"
	name=$(jq -r '.[0].RepoTags[0] | split("/")[-1] | split(":")[0]' "$folder/manifest.json")

	for layer in $(jq -r '.[0].Layers[]' "$folder/manifest.json"); do
		tar -tf "$folder/$layer" >>"$folder/list"
		file=$(tar -tf "$folder/$layer" | grep -E "nix/store/[^/]*-sbom/share/sbom/$name\.cdx\.json\$" || true)
		[ -z "$file" ] || tar -xOf "$folder/$layer" "$file" >"$folder/sbom"
	done
	[ -s "$folder/sbom" ] || die "it has no SBOM"
	grep -qE "^(\./|/)?share/sbom/$name\.cdx\.json\$" "$folder/list" || die "there is no /share/sbom/$name.cdx.json"

	# Required by https://cyclonedx.org/schema/bom-1.5.schema.json, or there for scanners to find their way.
	expect "it is not CycloneDX" '.bomFormat == "CycloneDX" and .specVersion == "1.5" and .version == 1'
	expect "a component lacks what it must have" \
		'.components | all(.type == "library" and (.name | length > 0) and (.purl | startswith("pkg:nix/")))'
	expect "it does not say what it is of" ".metadata.component | .type == \"container\" and .name == \"$name\""
	expect "references are not unique" '[.components[]."bom-ref"] | length == (unique | length)'
	expect "a dependency leads nowhere" \
		'([.components[]."bom-ref"] + [.metadata.component."bom-ref"]) as $all
		| [.dependencies[] | .ref, .dependsOn[]] - $all == [] and $all - [.dependencies[].ref] == []'
	expect "it has a time or a number of its own" '(has("serialNumber") or (.metadata | has("timestamp"))) | not'

	jq -r '.components[]."bom-ref"' "$folder/sbom" | sort >"$folder/named"
	sed -nE 's|^(\./\|/)?(nix/store/[^/]+).*|/\2|p' "$folder/list" | sort -u | grep -v -- "-$name-sbom\$" >"$folder/there"
	diff "$folder/there" "$folder/named" >&2 || die "it names other store paths than there are, see above"
	echo "$name: $(wc -l <"$folder/named") components"
	rm -rf "$folder"
done
