# `nix develop`: the tools to build the project, to run `make check` and to format.
{
  bash,
  check,
  clang-tools,
  curl,
  jq,
  lib,
  libtrace,
  mkShell,
  nixfmt,
  python3,
  services,
  shellcheck,
  traceview,
  util-linux,
}:
mkShell {
  inputsFrom = [
    libtrace
    services
    traceview
  ];
  packages = [
    bash
    check
    clang-tools
    curl
    jq
    nixfmt
    python3
    shellcheck
    util-linux
  ];
  # The exporter loads it at run time; the packages have its path built in.
  LD_LIBRARY_PATH = lib.makeLibraryPath [ curl ];
}
