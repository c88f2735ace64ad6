# NixOS modules, without NixOS: options with types and defaults, definitions of them by several modules, imports
with builtins;
let
  property = _type: fields: fields // { inherit _type; };
  isOption = x: isAttrs x && x._type or "" == "option";
  isPlain = x: isAttrs x && !(x ? _type) && !(x ? outPath);
  type = name: check: { inherit name check; merge = _: values: elemAt values (length values - 1); };
  # what a definition has at a path; a condition counts only where there is something, as it may ask for other options
  at = path: conditions: d:
    if isAttrs d && d._type or "" == "if" then at path (conditions ++ [ d.condition ]) d.content
    else if isAttrs d && d._type or "" == "merge" then concatMap (at path conditions) d.contents
    else if path == [ ] then [ { inherit conditions; d = d.content or d; isDefault = isAttrs d && d._type or "" == "default"; } ]
    else if d ? ${head path} then at (tail path) conditions d.${head path} else [ ];
  hold = found: let
    held = filter (x: all (c: c) x.conditions) found; strong = filter (x: !x.isDefault) held;
  in map (x: x.d) (if strong == [ ] then held else strong);
  keys = ds: attrNames (foldl' (a: d: a // (if d._type or "" == "if" then keysOf d.content else d)) { } ds);
  keysOf = d: if d._type or "" == "if" then keysOf d.content else d;
  # a set of values of one type, each merged of what all definitions have
  mergeAttrs = merge: where: ds: listToAttrs (concatMap (name: let
    values = hold (concatMap (at [ name ] [ ]) ds);
  in if values == [ ] then [ ] else [ { inherit name; value = merge (where ++ [ name ]) values; } ]) (keys ds));
  mergeOf = t: where: values:
    if all t.check values then t.merge where values
    else throw "option ${concatStringsSep "." where}: not of type ${t.name}";
in rec {
  mkOption = property "option";
  mkEnableOption = what: mkOption { type = types.bool; default = false; description = "Whether to enable ${what}."; };
  mkIf = condition: content: property "if" { inherit condition content; };
  mkMerge = contents: property "merge" { inherit contents; };
  mkDefault = content: property "default" { inherit content; };
  types = rec {
    bool = type "boolean" isBool;
    str = type "string" isString;
    path = type "path" (x: isPath x || isString x || x ? outPath);
    package = type "package" (x: x ? outPath);
    port = type "port" (x: isInt x && x >= 0 && x <= 65535);
    enum = words: type "one of ${concatStringsSep ", " words}" (x: elem x words);
    nullOr = t: t // { name = "null or ${t.name}"; check = x: x == null || t.check x; };
    listOf = t: type "list" isList // { merge = where: concatMap (map (x: mergeOf t where [ x ])); };
    attrsOf = t: type "attribute set" isAttrs // { merge = mergeAttrs (mergeOf t); };
    anything = type "anything" (_: true) // {
      merge = where: values:
        if all isPlain values then mergeAttrs anything.merge where values
        else if all isList values then concatLists values
        else if all (v: v == head values) values then head values
        else throw "option ${concatStringsSep "." where}: two values";
    };
  };
  evalModules = { modules, specialArgs ? { } }: let
    args = { lib = import ./lib.nix; inherit config options; } // specialArgs;
    load = m: let
      read = if isFunction m then m args else if isAttrs m then m else load' (import m);
      load' = x: if isFunction x then x args else x;
    in concatMap load (read.imports or [ ]) ++ [ read ];
    loaded = concatMap load modules;
    defs = map (m: m.config or (removeAttrs m [ "options" "imports" ])) loaded;
    join = a: b: a // mapAttrs (n: v: if a ? ${n} && !(isOption v) then join a.${n} v else v) b;
    options = foldl' join { } (map (m: m.options or { }) loaded);
    value = where: o: let values = hold (concatMap (at where [ ]) defs); in
      if values != [ ] then mergeOf o.type where values
      else o.default or (if isFunction (o.type.check or null) && o.type.name == "attribute set" then { }
        else throw "option ${concatStringsSep "." where}: used, but never defined");
    tree = where: mapAttrs (n: o: if isOption o then value (where ++ [ n ]) o else tree (where ++ [ n ]) o);
    # no definition without its option
    unknown = where: opts: d: concatMap (n:
      if !(opts ? ${n}) then [ (concatStringsSep "." (where ++ [ n ])) ]
      else if isOption opts.${n} then [ ] else unknown (where ++ [ n ]) opts.${n} d.${n}) (attrNames (keysOf d));
    strange = concatMap (d: unknown [ ] options (keysOf d)) defs;
    config = tree [ ] options;
  in { inherit options; config = if strange == [ ] then config else throw "no such option: ${toString strange}"; };
}
