# The checks of `nix flake check` besides building every package. None needs a network or KVM.
{
  lib,
  agent-image,
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
  pkgs,
  services,
  shellcheck,
  source,
  stdenv,
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
  inherit (stdenv.hostPlatform) system;
  extended = pkgs.extend (import ../overlay.nix);
  # The template's own flake, with this libtrace.
  template = (import ../template/flake.nix).outputs {
    nixpkgs = {
      inherit lib;
      legacyPackages.${system} = pkgs;
    };
    libtrace.packages.${system} = { inherit libtrace; };
  };
in
{
  unit = tests [ "unit" ];
  integration = tests [
    "agent"
    "integration"
  ];

  # The whole stack as a user runs it, with each variant of order-service.
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

  image-sbom =
    script "image-sbom"
      [
        gnugrep
        gnused
        jq
      ]
      [
        images.gateway
        images.order
        images.postgres-image
        images.traceview-image
      ];

  agent-image-files =
    script "agent-image"
      [
        binutils-unwrapped
        gnugrep
        gnused
        jq
      ]
      [ agent-image ];

  # libh2o is shared and calls its functions through symbols that a preloaded agent can interpose.
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

  overlay =
    script "overlay"
      [ coreutils ]
      (
        lib.concatMap
          (one: [
            one.name
            "${extended.${one.name}}"
            (lib.getExe extended.${one.name})
            "${one.package}"
          ])
          [
            {
              name = "libtrace-instrument";
              package = libtrace;
            }
            {
              name = "api-gateway";
              package = services.gateway;
            }
            {
              name = "order-service";
              package = services.order;
            }
            {
              name = "traceview";
              package = traceview;
            }
          ]
      );

  module = callPackage ./module.nix { inherit pkgs; };

  template = script "template" [ gnugrep template.packages.${system}.default ] [ ];

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
# k8s/ uses the names and tags that the images are built with.
// lib.optionalAttrs (builtins.pathExists ../../k8s/30-gateway.yaml) {
  k8s-images =
    script "k8s-images"
      [ gnugrep ]
      [
        ../../k8s
        "${images.gateway.imageName}:${images.gateway.imageTag}"
        "${images.order.imageName}:${images.order.imageTag}"
        "${images.postgres-image.imageName}:${images.postgres-image.imageTag}"
      ];
}
