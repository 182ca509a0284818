#!/bin/bash
# The README's way through the program: serve, import the sample, read a trace, stop.
#
# usage: Tests/Scripts/smoke.sh SPANLOG
set -euo pipefail

spanlog=${1:?usage: smoke.sh SPANLOG}
sample=$(dirname "$0")/../Fixtures/sample.otlp.zst
directory=$(mktemp -d)
server=

finish() {
  if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
  rm -rf "$directory"
}
trap finish EXIT

: >"$directory/log"
"$spanlog" serve --data "$directory/traces" --rpc 127.0.0.1:0 2>"$directory/log" &
server=$!
until grep -q '^ready$' "$directory/log"; do
  kill -0 "$server" || { cat "$directory/log" >&2; exit 1; }
  sleep 0.05
done
address=$(sed -n 's/^listening rpc //p' "$directory/log")

"$spanlog" import --to "$address" "$sample"
"$spanlog" read --from "$address" 84b3fad94c6112edd6af3347d06f6f1d | tee "$directory/tree"
grep -q 'ride-sharing-app  BikeHandler' "$directory/tree"

kill -TERM "$server"
wait "$server"
server=
"$spanlog" verify "$directory/traces"
echo "smoke: passed"
