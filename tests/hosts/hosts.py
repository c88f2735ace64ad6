# SPDX-License-Identifier: Apache-2.0
"""The programs that the agent is tested with, as data. tests/README.md describes how to add one.

In commands and texts: {base} is the server's URL, {tls} the
same by https with {certificate}, {folder} a fresh folder, {programs} this suite's programs/, {built}
where its C programs are, {pycurl} where pip's pycurl is, {root} what holds the folders of all runs.
"""
from collections import namedtuple

Host = namedtuple("Host", [
    "name",
    "command",
    "spans",  # CLIENT spans, all in all; None: as many as requests, where those hang on its version
    "packages",  # Debian's, by which it comes
    "without",  # what to say instead of those where it is not there
    "probe",  # a command that ends with 0 where it is there
    "prepare",  # a shell command before each run, untraced
    "env",
    "random",  # what differs between two plain runs as well: patterns of bytes, in requests, output, names of files
    "durations",  # patterns likewise of what two runs may have the same by chance
    "without_request",  # how many of the spans have no request on the wire: refused connections
    "lost",  # how many of its requests are open when it ends: only a relay sends them
    "ordered",  # whether its requests come in the same order each time
    "result",  # a file that it writes, which must be the same
    "not_traced",  # why it has no spans
    "inherits",  # whether a child of its may have its parent's descriptors of ours as well as its own
    "libcurl",  # whether it has libcurl.so.4 itself; where it has another, the exporter brings that
], defaults=["", "", None, "", {}, (), (), 0, 0, True, None, "", False, True])

CURL = ["curl", "-sS", "-q"]
BOUNDARY = rb"-{24}[0-9a-zA-Z]{16,22}"
PYCURL = ["/usr/bin/python3", "-c", "import pycurl"]
PIP_PYCURL = ["python3", "-c", "import pycurl; assert pycurl.__file__.startswith('{pycurl}/')"]
PIP = "python3 -m pip install --no-deps --target build/tests/hosts/pycurl -r tests/hosts/pycurl.txt"
PHP = ["php", "-r", "exit(extension_loaded('curl') && extension_loaded('pcntl') ? 0 : 1);"]

HOSTS = [
    Host("curl", [*CURL, "-i", "{base}/held/1", "-d", "a=b", "-A", "me", "-H", "X-Mine: 1", "{base}/held/2"], spans=2),
    Host("curl_forms", [*CURL, "-L", "-F", "file=@{programs}/exec.php", "-F", "a=b", "{base}/held/1", "--next",
                        "-sS", "-L", "{base}/moved", "--next", "-sS", "-I", "{base}/held/2"], spans=3,
         random=(BOUNDARY,)),
    Host("curl_parallel", [*CURL, "--no-progress-meter", "--parallel", "--parallel-immediate",
                           *(f"{{base}}/{i}" for i in range(8))], spans=8, ordered=False),
    Host("curl_errors", [*CURL, "{base}/held/1", "http://127.0.0.1:1/", "{base}/status/503", "-f", "{base}/held/2",
                         "nope://x"], spans=4, without_request=1, durations=(rb"after \d+ ms",)),
    Host("curl_https", [*CURL, "--cacert", "{certificate}", "{tls}/held/1", "-d", "a=b", "{tls}/held/2"], spans=2,
         without="no openssl to make a certificate"),
    Host("curl_killed", [*CURL, "{base}/held/1", "{base}/held/ended"], spans=1, lost=1),
    Host("git", ["sh", "-ec", "git clone {base}/git/held.git clone; cd clone; echo more >more; git add more; "
                              "git commit -qm more; git push; git fetch; git ls-remote {base}/git/none.git"],
         spans=8, packages="git", probe=["git", "http-backend", "--help"],
         prepare="server={root}/files/git/held.git; rm -rf $server; git init -q -b main --bare $server; "
                 "git -C $server config http.receivepack true; git init -q -b main first; cd first; echo text >file; "
                 "git add file; git commit -qm first; git push -q $server main",
         env={"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "a",
              "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
              "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}),
    Host("php_exec", ["php", "{programs}/exec.php", "{base}"], spans=7, packages="php-cli php-curl", probe=PHP,
         without_request=1),
    Host("php_multi", ["php", "{programs}/multi.php", "{base}"], spans=3, packages="php-cli php-curl", probe=PHP),
    Host("php_fork", ["php", "{programs}/fork.php", "{base}"], spans=4, packages="php-cli php-curl", probe=PHP,
         inherits=True),
    Host("perl", ["perl", "{programs}/easy.pl", "{base}"], spans=4, packages="libwww-curl-perl",
         probe=["perl", "-MWWW::Curl::Easy", "-e1"]),
    Host("ruby_curb", ["/usr/bin/ruby", "{programs}/curb.rb", "{base}"], spans=4, packages="ruby-curb",
         probe=["/usr/bin/ruby", "-e", "require 'curb'"]),
    Host("ruby_ffi", ["/usr/bin/ruby", "{programs}/ffi.rb", "{base}"], spans=3, packages="ruby-ffi",
         probe=["/usr/bin/ruby", "-e", "require 'ffi'"]),
    Host("ruby_typhoeus", ["/usr/bin/ruby", "{programs}/typhoeus.rb", "{base}"], spans=6, packages="ruby-typhoeus",
         probe=["/usr/bin/ruby", "-e", "require 'typhoeus'"]),
    Host("lua", ["lua5.1", "{programs}/easy.lua", "{base}"], spans=3, packages="lua5.1 lua-curl",
         probe=["lua5.1", "-e", "require 'curl'"]),
    Host("lua_without_stdin", ["sh", "-c", "exec lua5.1 {programs}/easy.lua {base} <&-"], spans=3,
         packages="lua5.1 lua-curl", probe=["lua5.1", "-e", "require 'curl'"]),
    Host("lua_error", ["lua5.1", "{programs}/error.lua", "{base}"], spans=5, packages="lua5.1 lua-curl",
         probe=["lua5.1", "-e", "require 'curl'"], lost=3),
    Host("pycurl_of_debian", ["/usr/bin/python3", "{programs}/requests.py", "{base}"], spans=9,
         packages="python3-pycurl", probe=PYCURL, inherits=True),
    Host("pycurl_of_pip", ["python3", "{programs}/requests.py", "{base}"], spans=9,
         without=PIP, probe=PIP_PYCURL, env={"PYTHONPATH": "{pycurl}"}, inherits=True, libcurl=False),
    Host("pycurl_threads", ["/usr/bin/python3", "{programs}/threads.py", "{base}"], spans=90, ordered=False,
         packages="python3-pycurl", probe=PYCURL, inherits=True),
    Host("pycurl_of_pip_threads", ["python3", "{programs}/threads.py", "{base}"], spans=90, ordered=False,
         without=PIP, probe=PIP_PYCURL, env={"PYTHONPATH": "{pycurl}"}, inherits=True, libcurl=False),
    Host("samtools", ["samtools", "view", "-h", "{base}/files/held.sam"], spans=1, packages="samtools",
         probe=["samtools", "--version"], libcurl=False),
    Host("samtools_https", ["samtools", "view", "-h", "{tls}/files/held.sam"], spans=1, packages="openssl samtools",
         probe=["samtools", "--version"], env={"CURL_CA_BUNDLE": "{certificate}"}, libcurl=False),
    Host("gdal", ["gdalinfo", "/vsicurl/{base}/files/held.asc"], spans=None, packages="gdal-bin",
         probe=["gdalinfo", "--version"], env={"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}, libcurl=False),
    Host("debuginfod", ["debuginfod-find", "debuginfo", "0123456789abcdef0123456789abcdef01234567"], spans=2,
         packages="debuginfod", probe=["debuginfod-find", "--version"], ordered=False, libcurl=False,
         random=(rb"debuginfo\.\w{6}",),
         env={"DEBUGINFOD_URLS": "{base}/held {base}/status/404", "DEBUGINFOD_CACHE_PATH": "{folder}/cache"}),
    Host("cmake", ["cmake", "-DBASE={base}", "-DFOLDER={folder}", "-P", "{programs}/transfers.cmake"], spans=5,
         packages="cmake", probe=["cmake", "--version"], without_request=1),
    Host("r", ["Rscript", "{programs}/curl.r", "{base}"], spans=3, packages="r-cran-curl",
         probe=["Rscript", "-e", "library(curl)"]),
    Host("fork_server", ["{built}/fork_server", "{base}"], spans=14, ordered=False, inherits=True),
    Host("fork_server_https", ["{built}/fork_server", "{tls}", "{certificate}"], spans=14, ordered=False, inherits=True,
         without="no openssl to make a certificate"),
    Host("daemon", ["{built}/daemon", "{base}", "{folder}/result"], spans=5, result="result", inherits=True),
    Host("musl_child", ["sh", "-c", "curl -sS {base}/held/1; ./other; echo $?; curl -sS {base}/held/2"], spans=2,
         packages="musl-tools", probe=["musl-gcc", "--version"], prepare="musl-gcc -o other {programs}/other_libc.c"),
    Host("set_uid", ["sh", "-c", "./request {base}; echo $?"], spans=0,
         without="only root can make one", probe=["sh", "-c", "f=$(mktemp) && chown nobody $f; e=$?; rm $f; exit $e"],
         prepare="cp {built}/request . && chown nobody request && chmod 4755 request",
         not_traced="the dynamic linker preloads nothing into a set-uid program"),
]
