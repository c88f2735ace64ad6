# the functions of nixpkgs' lib that this project's flake uses
with builtins; rec {
  inherit (builtins) concatLists concatMap concatStringsSep head isList mapAttrs;
  boolToString = b: if b then "true" else "false";
  concatMapAttrs = f: s: foldl' (a: b: a // b) { } (attrValues (mapAttrs f s));
  mapAttrsToList = f: s: attrValues (mapAttrs f s);
  toList = x: if isList x then x else [ x ];
  optional = c: x: if c then [ x ] else [ ];
  optionals = c: xs: if c then xs else [ ];
  optionalAttrs = c: s: if c then s else { };
  optionalString = c: s: if c then s else "";
  genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  escapeShellArgs = concatMapStringsSep " " (x: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString x)}'");
  getOutput = o: p: p.${o} or p.out or p;
  getBin = getOutput "bin"; getDev = getOutput "dev"; getLib = getOutput "lib";
  makeBinPath = ps: concatStringsSep ":" (map (p: "${getBin p}/bin") ps);
  makeLibraryPath = ps: concatStringsSep ":" (map (p: "${getLib p}/lib") ps);
  getExe = p: "${getBin p}/bin/${p.meta.mainProgram or p.pname}";
  getExe' = p: n: "${getBin p}/bin/${n}";
  # a file set is the list of its paths
  fileset = {
    unions = concatMap (x: if isList x then x else [ x ]);
    toSource = { root, fileset }: path {
      name = "source"; path = root;
      filter = p: _: any (f: f == p || under f p || under p f) (map toString (if isList fileset then fileset else [ fileset ]));
    };
  };
  under = folder: p: substring 0 (stringLength folder + 1) p == folder + "/";
  licenses = genAttrs [ "mit" "asl20" ] (shortName: { inherit shortName; });
  platforms = { linux = [ "x86_64-linux" "aarch64-linux" ]; all = [ "x86_64-linux" "aarch64-linux" ]; };
  inherit (import ./modules.nix) evalModules mkDefault mkEnableOption mkIf mkMerge mkOption types;
  sourceTypes.binaryNativeCode = { shortName = "binaryNativeCode"; };
}
