# SPDX-License-Identifier: Apache-2.0
"""docker-archive from a closure: store paths, the Debian files they need (links, ldd), links at /, as dockerTools does."""
import gzip, hashlib, io, json, os, subprocess, sys, tarfile
conf, graph, out, extra = json.load(open(sys.argv[1])), *sys.argv[2:]
store = sorted({l.strip() for l in open(graph) if l.startswith("/nix/store/")} - {sys.argv[1]})
host = set()                                       # real Debian files to carry

def need(path):
    real = os.path.realpath(path)
    if real.startswith("/nix/store/") or not os.path.isfile(real):
        return
    while path:                                    # each link on the way, and the file
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        host.add(path)
        path = os.path.islink(path) and os.path.join(os.path.dirname(path), os.readlink(path))
    libs(real)

def libs(elf):
    with open(elf, "rb") as f:
        if f.read(4) != b"\x7fELF":
            return
    for w in subprocess.run(["/usr/bin/ldd", elf], capture_output=True, text=True).stdout.split():
        if w.startswith("/") and os.path.realpath(w) not in host:
            need(w)

def walk(top):
    yield top
    if os.path.isdir(top) and not os.path.islink(top):
        for d, ds, fs in os.walk(top):
            ds.sort()
            yield from (os.path.join(d, n) for n in sorted(ds + fs))

def layer(entries):                                # {name: (host path | link target str)}
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w", format=tarfile.GNU_FORMAT) as t:
        done = set()
        def parents(n):
            d = os.path.dirname(n)
            if d and d not in done:
                parents(d); done.add(d)
                i = tarfile.TarInfo(d); i.type, i.mode, i.mtime = tarfile.DIRTYPE, 0o755, 1; t.addfile(i)
        for n, src in sorted(entries.items()):
            if n in done: continue
            parents(n); i = tarfile.TarInfo(n); i.mtime = 1
            if isinstance(src, tuple): i.type, i.linkname, i.mode = tarfile.SYMTYPE, src[0], 0o777; t.addfile(i)
            elif os.path.islink(src): i.type, i.linkname, i.mode = tarfile.SYMTYPE, os.readlink(src), 0o777; t.addfile(i)
            elif os.path.isdir(src): i.type, i.mode = tarfile.DIRTYPE, 0o755; t.addfile(i)
            else:
                i.size, i.mode = os.path.getsize(src), 0o755 if os.access(src, os.X_OK) else 0o644
                with open(src, "rb") as f: t.addfile(i, f)
            done.add(n)
    return buf.getvalue()

for p in store:
    for f in walk(p):
        if os.path.islink(f): need(f) if not os.readlink(f).startswith("/nix/store/") and "/nix/store" not in os.path.realpath(f) else None
        elif os.path.isfile(f): libs(f)
host = {h for h in host if not h.startswith("/nix/store/")}
base = {h[1:]: h for h in host}
base.update({d: ("usr/" + d,) for d in ("bin", "lib", "lib64", "sbin") if os.path.islink("/" + d)})
shell = {f[1:]: f for p in store for f in walk(p)}
links = {}
for c in conf["contents"]:
    for f in walk(c):
        if os.path.islink(f) or not os.path.isdir(f):
            n = os.path.relpath(f, c)
            links["usr/" + n if n.split("/")[0] in ("bin", "lib", "lib64", "sbin") else n] = (f,)
copied = {os.path.relpath(f, extra): f for f in walk(extra) if f != extra}
if not store: base = {}
blobs = [layer(e) for e in (base, shell, links, copied) if e]
digest = lambda b: hashlib.sha256(b).hexdigest()
cfg = json.dumps({"architecture": conf["architecture"], "os": "linux", "created": conf["created"], "config": conf["config"],
  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(b) for b in blobs]},
  "history": [{"created": conf["created"], "created_by": "stand-in"} for _ in blobs]}, sort_keys=True).encode()
tag = conf["tag"] or os.path.basename(out)[:32]
files = {digest(b) + "/layer.tar": b for b in blobs} | {digest(cfg) + ".json": cfg, "manifest.json": json.dumps([{
  "Config": digest(cfg) + ".json", "RepoTags": [conf["name"] + ":" + tag], "Layers": [digest(b) + "/layer.tar" for b in blobs]}]).encode()}
with open(out, "wb") as o, gzip.GzipFile(fileobj=o, mode="wb", filename="", mtime=0) as z, tarfile.open(fileobj=z, mode="w", format=tarfile.GNU_FORMAT) as t:
    for n, b in sorted(files.items()):
        i = tarfile.TarInfo(n); i.size, i.mtime = len(b), 1; t.addfile(i, io.BytesIO(b))
