# The agent as an image of files, for pods whose images have none: k8s/inject uses it.
#
#   /libtrace/lib      libtrace-agent.so, which is preloaded, libtrace-agent-core.so, libtrace-c.so.0,
#                      libtrace-c-config.so: for programs of any image with glibc 2.31 or newer; libtrace-musl:
#                      for those of musl 1.2.2 or newer; in others (static, Go) they do nothing
#   /libtrace/bin      libtrace-instrument, libtrace-relay
#   /libtrace/runtime  their own dynamic linker, glibc, libcurl and what that needs: no program of another
#                      image ever loads these
#   /bin/cp            copies: `cp -r /libtrace/. FOLDER`
#   /autoinstrumentation -> libtrace, where OpenTelemetry's operator copies from
#
# As an image volume: subPath libtrace, mounted at /libtrace. As an init container: the command
# `cp -r /libtrace/. /libtrace-copy`, with an emptyDir mounted there, and at /libtrace in the others.
# lib/ works wherever it is; the programs' interpreter is /libtrace/runtime/ld-linux-*.so.*.
# The relay's command: /libtrace/bin/libtrace-relay --listen PATH (the image's entry point).
# It all runs as any user, with a read-only root and without capabilities.
{
  lib,
  stdenv,
  cacert,
  dockerTools,
  patchelf,
  runCommand,
  curl,
  libtrace,
  libyaml,
  version,
  labelsOf,
  sbomOf,
}:
let
  files = runCommand "libtrace-agent-image-files" { nativeBuildInputs = [ patchelf ]; } ''
    bash ${./assemble.sh} "$out" ${libtrace}/bin ${lib.getLib libtrace}/lib ${libtrace}/libexec/cp \
      ${cacert}/etc/ssl/certs/ca-bundle.crt \
      ${lib.getLib curl}/lib/libcurl.so.4 ${lib.getLib libyaml}/lib/libyaml-0.so.2
  '';
  # What the files were copied from: `nix build .#agent-image.sbom`. In the image it would name store
  # paths, which Nix would then put there as well.
  sbom = sbomOf {
    name = "libtrace-agent";
    inherit version;
    contents = [
      cacert
      (lib.getLib curl)
      libtrace
      (lib.getLib libyaml)
    ];
  };
in
dockerTools.buildLayeredImage {
  name = "localhost/libtrace/agent";
  tag = version;
  # Copied, not linked: nothing of the Nix store is in it.
  extraCommands = ''
    cp -r ${files}/. .
    chmod -R u+w .
  '';
  config = {
    Entrypoint = [ "/libtrace/bin/libtrace-relay" ];
    User = "10001:10001";
    WorkingDir = "/";
    StopSignal = "SIGTERM";
    Env = [
      "PATH=/libtrace/bin:/bin"
      "SSL_CERT_FILE=/etc/ssl/certs/ca-bundle.crt"
    ];
    Labels = labelsOf {
      title = "libtrace-agent";
      description = "The libtrace agent for programs of other images, and its relay";
    };
  };
  meta = {
    description = "Container image: the agent's files, for image volumes and init containers";
    license = lib.licenses.asl20;
    platforms = lib.platforms.linux;
  };
}
// {
  inherit sbom;
}
