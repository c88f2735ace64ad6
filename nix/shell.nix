# `nix develop`: what builds the project, runs `make check` and keeps its style.
{
  bash,
  check,
  clang-tools,
  curl,
  jq,
  libtrace,
  mkShell,
  nixfmt,
  python3,
  services,
  shellcheck,
  traceview,
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
  ];
}
