# SPDX-License-Identifier: Apache-2.0
# Wiring only; each output is a file in nix/.
{
  description = "Distributed tracing in C: libtrace, a zero-code agent, and a shop that shows them";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      # Labels of the images: the URL of the repository that they are published from, if there is one, and
      # the commit, which a folder that is no git repository does not have.
      publishedAt = null;
      revision = self.rev or self.dirtyRev or null;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = nixpkgs.lib.genAttrs systems;
      project = eachSystem (
        system:
        import ./nix {
          pkgs = nixpkgs.legacyPackages.${system};
          inherit publishedAt revision;
        }
      );
    in
    {
      # default, libtrace, services, traceview, h2o, jaeger; the images gateway, order,
      # postgres-image, traceview-image, agent-image
      packages = eachSystem (system: project.${system}.packages);

      # stack (default), request, load, compare, load-images
      apps = eachSystem (system: project.${system}.apps);

      # k3s-test and module-test, which need KVM
      legacyPackages = eachSystem (system: project.${system}.others);

      checks = eachSystem (system: project.${system}.checks);

      # libtrace-c, libtrace-instrument, libh2o-evloop, api-gateway, order-service, traceview
      overlays.default = import ./nix/overlay.nix;

      # services.tracing-demo
      nixosModules.default.imports = [ ./nix/module.nix ];

      templates.default = {
        path = ./nix/template;
        description = "A traced C program, built by meson";
      };

      devShells = eachSystem (system: {
        default = project.${system}.devShell;
      });

      formatter = eachSystem (system: nixpkgs.legacyPackages.${system}.nixfmt-tree);
    };
}
