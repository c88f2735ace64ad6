# SPDX-License-Identifier: Apache-2.0
# Turns closureInfo's registration, the format of `nix-store --load-db`, into CycloneDX. A path takes
# these lines: itself, its hash, its size, what it was derived from, how many it needs, and those.
def paths:
  def take: if length >= 5 then {path: .[0], hash: .[1], needs: .[5:5 + (.[4] | tonumber)]},
    (.[5 + (.[4] | tonumber):] | take) else empty end;
  rtrimstr("\n") / "\n" | take;

# As Nix reads it, the version begins at the first dash that no letter follows; an output's name may end it.
# Source: https://nix.dev/manual/nix/stable/language/builtins.html#builtins-parseDrvName
def named:
  sub("^/nix/store/[0-9a-z]{32}-"; "")
  | capture("^(?<name>.+?)(-(?<version>[^a-zA-Z].*?)(-(?<output>bin|dev|doc|gateway|getent|lib|libgcc|man|order|out))?)?$")
  | with_entries(select(.value));

def component:
  (.path | named) as $named
  | {
      type: "library",
      "bom-ref": .path,
      name: $named.name,
      purl: "pkg:nix/\($named.name | @uri)",
      properties: [
        {name: "nix:output_path", value: .path},
        {name: "nix:nar_hash", value: .hash}
      ]
    }
  | if $named.version then . + {version: $named.version} | .purl += "@\(.version | @uri)" else . end;

[paths] | sort_by(.path) | {
  "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  version: 1,
  metadata: {
    component: {
      type: "container",
      "bom-ref": $name,
      name: $name,
      version: $version,
      licenses: [{license: {id: "Apache-2.0"}}]
    }
  },
  components: map(component),
  dependencies: ([{ref: $name, dependsOn: ($contents / " " | unique)}]
    + map({ref: .path, dependsOn: (.needs - [.path])}))
}
