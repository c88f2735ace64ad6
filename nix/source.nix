# The sources of each build, by folder: a change anywhere else does not rebuild it.
{ lib }:
folders:
lib.fileset.toSource {
  root = ../.;
  fileset = lib.fileset.unions (
    [
      ../meson.build
      ../meson_options.txt
    ]
    ++ folders
  );
}
