#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program must behave the same with and without the agent, except for the traceparent it sends.
#
#   same_behaviour.sh LAUNCHER H2O_HOST CURL_HOST PORT
set -eu
launcher=$1 h2o_host=$2 curl_host=$3 port=$4
folder=$(mktemp -d)
"$h2o_host" "$port" &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until curl --silent --fail --output "$folder/hello" "http://127.0.0.1:$port/hello"; do
	kill -0 $server # it could not listen
done

"$curl_host" "http://127.0.0.1:$port" >"$folder/without"
# Nobody listens on port 1: what cannot be sent must not be felt either.
"$launcher" --exporter-otlp-endpoint http://127.0.0.1:1 --log-level none -- \
	"$curl_host" "http://127.0.0.1:$port" >"$folder/with"

sed 's/traceparent .*//' "$folder/without" >"$folder/without.plain"
sed 's/traceparent .*//' "$folder/with" >"$folder/with.plain"
diff -u "$folder/without.plain" "$folder/with.plain"

# HEAD, file:, refused, malformed and aborted transfers have no echo to see one in.
grep 'traceparent no' "$folder/with" | sed 's/:.*//' >"$folder/none"
printf '%s\n' head refused file 'no url' aborted | diff -u - "$folder/none"
# The program's own one is the only one that it sends.
grep 'traceparent yes' "$folder/without" | sed 's/:.*//' >"$folder/own"
echo 'own traceparent' | diff -u - "$folder/own"
! grep 'traceparent twice' "$folder/with"
echo "$(wc -l <"$folder/with") transfers behaved the same"
