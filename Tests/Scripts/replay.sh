#!/bin/bash
# Does a replay give another server every trace with its digest, whichever way it goes?
#
# Imports every *.otlp.zst of a directory of recorded traces into one data directory with small segments and
# three lanes. Replays it to a server over the RPC, in order of
# arrival and in order of the ends, and through a pipe into `import`, as protobuf and as JSON; after each the
# second server's traces are held against the digests of what was sent.
#
# usage: Tests/Scripts/replay.sh [SPANLOG]      (default: .build/release/spanlog)
#
#   SPANLOG_TEST_DATA   directory with NAME.otlp.zst, expect/ and tools/verify.py; default ../shared/data
#   PYTHON              a python3 that has the packages opentelemetry-proto and zstandard; default python3
set -euo pipefail

spanlog=${1:-.build/release/spanlog}
data=${SPANLOG_TEST_DATA:-../shared/data}
python=${PYTHON:-python3}

fail() { echo "replay: $*" >&2; exit 1; }

[[ -x $spanlog ]] || fail "$spanlog is no program; build it: swift build -c release --product spanlog"
[[ -d $data/expect ]] || fail "$data holds no recorded traces; name their directory in SPANLOG_TEST_DATA"
command -v zstd >/dev/null || fail "there is no zstd; install it: apt-get install zstd"
"$python" -c 'import zstandard, opentelemetry.proto.trace.v1.trace_pb2' 2>/dev/null ||
  fail "$python lacks packages; install them: pip install opentelemetry-proto zstandard"

directory=$(mktemp -d)
server=

finish() {
  if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
  rm -rf "$directory"
}
trap finish EXIT

# $1: a data directory; the rest: more flags.
start_server() {
  : >"$directory/log"
  "$spanlog" serve --data "$1" --rpc 127.0.0.1:0 "${@:2}" 2>"$directory/log" &
  server=$!
  until grep -q '^ready$' "$directory/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$directory/log" >&2; fail "the server ended"; }
    sleep 0.02
  done
  address=$(sed -n 's/^listening rpc //p' "$directory/log")
}

stop_server() {
  kill -TERM "$server"
  wait "$server"
  server=
}

# Holds the server's traces against a list of what is expected, stops it, and removes its directory.
compare() {
  "$spanlog" read --from "$address" --all --format protobuf | zstd -q >"$directory/returned.otlp.zst"
  stop_server
  rm -rf "$directory/copy"
  PYTHONDONTWRITEBYTECODE=1 "$python" "$data/tools/verify.py" "$1" "$directory/returned.otlp.zst"
}

zstdcat "$data"/expect/*.traces.ndjson.zst | zstd -q >"$directory/expected.ndjson.zst"
start_server "$directory/source" --segment-bytes 4MiB --lanes 3
# Side by side, so that each lane gets some.
imports=()
for file in "$data"/*.otlp.zst; do
  "$spanlog" import --to "$address" "$file" 2>"$directory/import-$(basename "$file")" &
  imports+=($!)
done
for import in "${imports[@]}"; do wait "$import" || { cat "$directory"/import-* >&2; fail "an import failed"; }; done
stop_server
before=$(cd "$directory/source" && sha256sum ./*)

for order in arrival end; do
  echo "replay over the RPC, --order $order"
  start_server "$directory/copy"
  "$spanlog" replay "$directory/source" --to "rpc://$address" --order "$order"
  compare "$directory/expected.ndjson.zst"
done

for format in protobuf json; do
  echo "replay to standard output, --format $format, and import from there"
  start_server "$directory/copy"
  "$spanlog" replay "$directory/source" --to - --format "$format" | "$spanlog" import --to "$address" -
  compare "$directory/expected.ndjson.zst"
done

[[ $before == "$(cd "$directory/source" && sha256sum ./*)" ]] || fail "the replayed directory has changed"

if [[ -d $data/raw/proto-example ]]; then
  for name in proto-example jaeger-ui-otlp; do
    echo "import the published JSON of $name"
    start_server "$directory/copy"
    "$spanlog" import --to "$address" "$data/raw/$name"/*.json
    compare "$data/expect/$name.traces.ndjson.zst"
  done
fi
echo "replay: passed"
