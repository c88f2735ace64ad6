# SPDX-License-Identifier: Apache-2.0
# Wiring only; each output is a file in nix/.
{
  description = "Distributed tracing in C: libtrace, a zero-code agent, and a shop that shows them";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { nixpkgs, ... }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = nixpkgs.lib.genAttrs systems;
      project = eachSystem (system: import ./nix { pkgs = nixpkgs.legacyPackages.${system}; });
    in
    {
      # default, libtrace, services, traceview, h2o, jaeger; the images gateway, order, traceview-image, agent-image
      packages = eachSystem (system: project.${system}.packages);

      # stack (default), request, load, load-images
      apps = eachSystem (system: project.${system}.apps);

      # k3s-test, which needs KVM
      legacyPackages = eachSystem (system: project.${system}.others);

      checks = eachSystem (system: project.${system}.checks);

      devShells = eachSystem (system: {
        default = project.${system}.devShell;
      });

      formatter = eachSystem (system: nixpkgs.legacyPackages.${system}.nixfmt-tree);
    };
}
