# What `nix flake check` runs beside building every package.  None needs a network or KVM.
{
  lib,
  callPackage,
  runCommand,
  bash,
  binutils-unwrapped,
  clang-tools,
  coreutils,
  curl,
  findutils,
  gnugrep,
  gnused,
  h2o,
  images,
  jaeger,
  jq,
  libtrace,
  nixfmt,
  services,
  shellcheck,
  source,
  traceview,
  util-linux,
  version,
}:
let
  tests =
    suites:
    callPackage ./tests.nix {
      inherit
        curl
        h2o
        jaeger
        source
        suites
        version
        ;
    };
  script =
    name: nativeBuildInputs: arguments:
    runCommand "check-${name}" { inherit nativeBuildInputs; } ''
      bash ${./. + "/${name}.sh"} ${lib.escapeShellArgs arguments} | tee "$out"
    '';
in
{
  unit = tests [ "unit" ];
  integration = tests [
    "agent"
    "integration"
  ];

  # The whole stack as a user runs it, order-service in each of its three ways.
  stack =
    script "stack"
      [
        bash
        coreutils
        curl
        gnused
        util-linux
        libtrace
        services
        traceview
      ]
      [ "${../../services/stack/stack.sh}" ];

  image-contents =
    script "image-contents"
      [
        gnugrep
        jq
      ]
      [
        images.gateway
        images.order
      ];

  # libh2o is shared and calls through symbols that a preloaded agent can take.
  libh2o-reachable =
    script "libh2o-reachable"
      [
        binutils-unwrapped
        gnugrep
      ]
      [
        "${h2o}/lib/libh2o-evloop.so"
        "${services.gateway}/bin/api-gateway"
        "${services.order}/bin/order-service"
        "${services.order}/bin/order-service-custom"
      ];

  formatting =
    script "formatting"
      [
        clang-tools
        findutils
        nixfmt
        shellcheck
      ]
      [
        (lib.fileset.toSource {
          root = ../..;
          fileset = lib.fileset.unions [
            ../../.clang-format
            ../../flake.nix
            ../../libtrace
            ../../nix
            ../../services
            ../../tests
          ];
        })
      ];
}
# k8s/ names the images by the names and tags that they are built with.
// lib.optionalAttrs (builtins.pathExists ../../k8s/30-gateway.yaml) {
  k8s-images =
    script "k8s-images"
      [ gnugrep ]
      [
        ../../k8s
        "${images.gateway.imageName}:${images.gateway.imageTag}"
        "${images.order.imageName}:${images.order.imageTag}"
      ];
}
