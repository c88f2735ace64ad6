# The project's own tests, on programs that are installed and fixed up as the packages are.
{
  lib,
  stdenv,
  bash,
  check,
  coreutils,
  curl,
  h2o,
  jaeger,
  jansson,
  libyaml,
  meson,
  nghttp2,
  ninja,
  openssl,
  pkg-config,
  python3,
  sqlite,
  util-linux,
  zlib,
  zstd,
  source,
  suites,
  version,
}:
stdenv.mkDerivation {
  pname = "libtrace-tests-${lib.head suites}";
  inherit version;
  src = source [
    ../../libtrace
    ../../services
    ../../tests
  ];
  strictDeps = true;
  nativeBuildInputs = [
    bash
    coreutils
    curl
    meson
    ninja
    pkg-config
    python3
    util-linux
  ]
  ++ lib.optional (jaeger != null) jaeger;
  buildInputs = [
    check
    curl
    h2o
    jansson
    libyaml
    nghttp2
    openssl
    sqlite
    zlib
    zstd
  ];
  postPatch = "patchShebangs tests";
  mesonFlags = [
    "-Dlibcurl_path=${lib.getLib curl}/lib/libcurl.so.4"
    "-Dlibyaml_path=${lib.getLib libyaml}/lib/libyaml-0.so.2"
  ];
  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    meson test --no-rebuild ${lib.concatMapStringsSep " " (suite: "--suite ${suite}") suites} || {
      grep -A 20 '^not ok' meson-logs/testlog.txt || true
      bash ../tests/again.sh .
    }
    runHook postInstallCheck
  '';
  meta = {
    description = "Tests of libtrace and its shop: ${lib.concatStringsSep ", " suites}";
    license = lib.licenses.asl20;
    platforms = lib.platforms.linux;
  };
}
