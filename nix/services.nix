# The demo services. Each is an output of its own, so that an image contains one of them; `out` has
# links to all programs.
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  curl,
  h2o,
  jansson,
  libpq,
  libtrace,
  openssl,
  sqlite,
  zlib,
  source,
  version,
}:
stdenv.mkDerivation {
  pname = "libtrace-services";
  inherit version;
  src = source [
    ../libtrace/include
    ../services/base
    ../services/common
    ../services/gateway
    ../services/load
    ../services/manual
    ../services/meson.build
    ../services/order
    ../services/rolldice
  ];
  outputs = [
    "out"
    "gateway"
    "order"
  ];
  strictDeps = true;
  nativeBuildInputs = [
    meson
    ninja
    pkg-config
  ];
  buildInputs = [
    curl
    h2o
    jansson
    libpq
    libtrace
    openssl
    sqlite
    zlib
  ];
  mesonFlags = [ "-Dparts=services" ];
  disallowedReferences = [
    h2o.dev
    libpq.dev
    openssl.dev
    sqlite.dev
  ];
  postInstall = ''
    mkdir -p "$gateway/bin" "$order/bin"
    mv "$out"/bin/api-gateway* "$gateway/bin/"
    mv "$out"/bin/order-service* "$order/bin/"
    ln -s "$gateway"/bin/* "$order"/bin/* "$out/bin/"
  '';
  meta = {
    description = "A shop of two HTTP services that show distributed tracing in C";
    license = lib.licenses.asl20;
    mainProgram = "api-gateway";
    platforms = lib.platforms.linux;
  };
}
