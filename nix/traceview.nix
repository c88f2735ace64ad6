# The embedded trace backend.
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  python3,
  curl,
  h2o,
  jansson,
  nghttp2,
  openssl,
  zlib,
  zstd,
  source,
  version,
}:
stdenv.mkDerivation {
  pname = "traceview";
  inherit version;
  src = source [
    ../libtrace/include
    ../services/base
    ../services/common
    ../services/meson.build
    ../services/traceview
  ];
  outputs = [
    "out"
    "man"
  ];
  strictDeps = true;
  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3 # packs the page's files into the program
  ];
  buildInputs = [
    curl
    h2o
    jansson
    nghttp2
    openssl
    zlib
    zstd
  ];
  mesonFlags = [ "-Dparts=traceview" ];
  disallowedReferences = [
    h2o.dev
    openssl.dev
    python3
  ];
  meta = {
    description = "Trace backend in one small program: OTLP in, Jaeger's query API and a page out";
    license = lib.licenses.asl20;
    mainProgram = "traceview";
    platforms = lib.platforms.linux;
  };
}
