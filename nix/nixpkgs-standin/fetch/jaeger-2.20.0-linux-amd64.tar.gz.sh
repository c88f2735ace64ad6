# SPDX-License-Identifier: Apache-2.0
# the release archive's shape, around the Jaeger that tests/jaeger/build.sh put on this machine
[ -x /usr/local/bin/jaeger ] || { echo "stand-in: no Jaeger on this machine: tests/jaeger/build.sh /usr/local/bin/jaeger" >&2; exit 1; }
d=jaeger-2.20.0-linux-amd64; mkdir $d; cp /usr/local/bin/jaeger $d/jaeger; chmod 755 $d/jaeger
tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner -c $d | gzip -n1 > $out
