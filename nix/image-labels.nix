# The OCI labels of an image.
# Source: https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
{
  lib,
  version,
  # Where this project is published, and the commit; null: no label.
  publishedAt,
  revision,
}:
{ title, description }:
{
  "org.opencontainers.image.title" = title;
  "org.opencontainers.image.description" = description;
  "org.opencontainers.image.version" = version;
  "org.opencontainers.image.licenses" = "Apache-2.0";
}
// lib.optionalAttrs (publishedAt != null) {
  "org.opencontainers.image.source" = publishedAt;
}
// lib.optionalAttrs (revision != null) {
  "org.opencontainers.image.revision" = revision;
}
