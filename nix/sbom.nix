# A CycloneDX list of what an image contains: each store path of its closure, and which needs which.
# It has no time and no serial number, so that the same closure gives the same file.
# Source: https://cyclonedx.org/docs/1.5/json/
{
  closureInfo,
  jq,
  runCommand,
}:
{
  name,
  version,
  contents,
}:
runCommand "${name}-sbom"
  {
    nativeBuildInputs = [ jq ];
    inherit contents;
    registration = "${closureInfo { rootPaths = contents; }}/registration";
    image = name;
    imageVersion = version;
  }
  ''
    jq --raw-input --slurp --from-file ${./sbom.jq} \
      --arg name "$image" --arg version "$imageVersion" --arg contents "$contents" "$registration" >sbom
    install -D --mode=444 sbom "$out/share/sbom/$image.cdx.json"
  ''
