{
  description = "A traced C program";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  # Where libtrace's repository is, the one this template came from: github:OWNER/NAME, or a folder.
  inputs.libtrace.url = "path:../libtrace";
  inputs.libtrace.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, libtrace, ... }:
    let
      eachSystem = nixpkgs.lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      packages = eachSystem (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        {
          default = pkgs.stdenv.mkDerivation {
            pname = "shop";
            version = "1";
            src = ./.;
            nativeBuildInputs = [
              pkgs.meson
              pkgs.ninja
              pkgs.pkg-config
            ];
            buildInputs = [ libtrace.packages.${system}.libtrace ];
            meta.mainProgram = "shop";
          };
        }
      );
    };
}
