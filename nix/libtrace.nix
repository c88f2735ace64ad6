# libtrace-c.so, the agent that is preloaded, its launcher and its relay.
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  curl,
  h2o,
  jansson,
  libyaml,
  musl,
  openssl,
  zlib,
  source,
  version,
  # For systems without Nix, where the dynamic linker finds libcurl and libyaml (agent-image).
  portable ? false,
}:
stdenv.mkDerivation {
  pname = "libtrace";
  inherit version;
  src = source [ ../libtrace ];
  outputs = [
    "out"
    "dev"
    "doc"
    "man"
  ];
  strictDeps = true;
  nativeBuildInputs = [
    meson
    ninja
    pkg-config
  ]
  # Its musl-gcc makes the agent for Alpine's programs as well.
  ++ lib.optional portable (lib.getDev musl);
  # h2o, jansson and openssl for their headers only.
  buildInputs = [
    curl
    h2o
    jansson
    libyaml
    openssl
    zlib
  ];
  mesonFlags = [
    "-Dparts=libtrace"
    "-Dstatic=false" # it would be a part of every image
  ]
  ++ lib.optionals (!portable) [
    # Loaded by dlopen() with the first export, so no linker records it.
    "-Dlibcurl_path=${lib.getLib curl}/lib/libcurl.so.4"
    # Likewise with a configuration file.
    "-Dlibyaml_path=${lib.getLib libyaml}/lib/libyaml-0.so.2"
  ];
  postInstall = lib.optionalString portable ''
    install -D libtrace/copy/cp "$out/libexec/cp"
  '';
  disallowedReferences = [
    h2o
    h2o.dev
    openssl.dev
  ];
  meta = {
    description = "OpenTelemetry tracing for C, and zero-code tracing of libh2o and libcurl programs";
    license = lib.licenses.asl20;
    mainProgram = "libtrace-instrument";
    platforms = lib.platforms.linux;
  };
}
