#!/bin/bash
# Does every trace come back with its digest when the server is killed five times on the way, its files are sealed and
# merged meanwhile, and all of it is compacted afterwards?
#
# Imports every *.otlp.zst of a directory of recorded traces into one server, over the RPC and paced so that
# the server is killed with SIGKILL and started again meanwhile; an import that was interrupted is run again.
# Then reads the traces of each file back by their ids, holds them against the digests of what was sent, and
# sees that the store holds no other trace. Segments are small, so that most are sealed and some merged while the server
# runs; then the directory is compacted offline, opened again, and everything read once more.
#
# usage: Tests/Scripts/round-trip.sh [SPANLOG]      (default: .build/release/spanlog)
#
#   SPANLOG_TEST_DATA   directory with NAME.otlp.zst, expect/ and tools/verify.py; default ../shared/data
#   PYTHON              a python3 that has the packages opentelemetry-proto and zstandard; default python3
#   KILLS               how often the server is killed; default 5
#   RATE                spans per second while it can be killed; default 150000
set -euo pipefail

spanlog=${1:-.build/release/spanlog}
data=${SPANLOG_TEST_DATA:-../shared/data}
python=${PYTHON:-python3}
kill_count_max=${KILLS:-5}
rate=${RATE:-150000}

fail() { echo "round-trip: $*" >&2; exit 1; }

[[ -x $spanlog ]] || fail "$spanlog is no program; build it: swift build -c release --product spanlog"
[[ -d $data/expect ]] || fail "$data holds no recorded traces; name their directory in SPANLOG_TEST_DATA"
command -v zstd >/dev/null || fail "there is no zstd; install it: apt-get install zstd"
"$python" -c 'import zstandard, opentelemetry.proto.trace.v1.trace_pb2' 2>/dev/null ||
  fail "$python lacks packages; install them: pip install opentelemetry-proto zstandard"

directory=$(mktemp -d)
server=
import=

finish() {
  for process in $server $import; do kill -KILL "$process" 2>/dev/null || true; done
  rm -rf "$directory"
}
trap finish EXIT

start_server() {
  : >"$directory/log"
  "$spanlog" serve --data "$directory/store" --segment-bytes 2MiB --rpc 127.0.0.1:0 2>"$directory/log" &
  server=$!
  until grep -q '^ready$' "$directory/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$directory/log" >&2; fail "the server ended"; }
    sleep 0.02
  done
  address=$(sed -n 's/^listening rpc //p' "$directory/log")
}

kill_server() {
  kill -KILL "$server"
  wait "$server" 2>/dev/null || true
  server=
}

# Imports one file; kills the server in between as long as there are kills left and the import runs.
kill_count=0
import_file() {
  while true; do
    "$spanlog" import --to "$address" --rate "$rate" "$1" 2>"$directory/import" &
    import=$!
    if ((kill_count < kill_count_max)); then
      # A different moment each time, all of them before the end of a long import.
      sleep "$kill_count.5"
      if kill -0 "$import" 2>/dev/null; then
        kill_server
        kill_count=$((kill_count + 1))
        start_server
      fi
    fi
    if wait "$import"; then
      import=
      tail -n 1 "$directory/import"
      return
    fi
    import=
    echo "  interrupted: $(tail -n 1 "$directory/import")"
  done
}

start_server
for file in "$data"/*.otlp.zst; do
  echo "import $(basename "$file")"
  import_file "$file"
done
((kill_count == kill_count_max)) || fail "the imports were over after $kill_count kills; lower RATE"

# Reads what the ids of a list name, and compares. $1: a list of expected traces; the rest: flags of read.
compare() {
  "$spanlog" read --from "$address" "${@:2}" --format protobuf | zstd -q >"$directory/returned.otlp.zst"
  PYTHONDONTWRITEBYTECODE=1 "$python" "$data/tools/verify.py" "$1" "$directory/returned.otlp.zst"
}

for expected in "$data"/expect/*.traces.ndjson.zst; do
  echo "read $(basename "$expected" .traces.ndjson.zst)"
  compare "$expected" --ids "$expected"
done

echo "read all: nothing is missing, changed or more than was sent"
zstdcat "$data"/expect/*.traces.ndjson.zst | zstd -q >"$directory/expected.ndjson.zst"
compare "$directory/expected.ndjson.zst" --all

"$spanlog" stats --from "$address" | grep -E '^(files|sealed)'

stop_server() {
  kill -TERM "$server"
  wait "$server"
  server=
}

stop_server
"$spanlog" verify "$directory/store" | tail -n 1
echo "compact"
"$spanlog" compact "$directory/store"
"$spanlog" verify "$directory/store" | tail -n 1
start_server
echo "read all again: nothing is missing, changed or more than was sent"
compare "$directory/expected.ndjson.zst" --all
stop_server
echo "round-trip: passed, with $kill_count kills"
