#!/usr/bin/env bash
# Half an hour at 80 % of the peak: does the server's memory, or the number of its descriptors, grow?
#
#   Tests/Scripts/soak.sh [PROGRAM [SECONDS [DIR]]]      .build/release/spanlog, 1800, a new directory under /tmp
#
# A store of 8 GiB, so that files are retired and used again all the time; traces are read meanwhile. Fails when the most
# of the last third is above the most of the first third by more than a tenth and 8 MiB, or 4 descriptors.
set -euo pipefail

program=$(realpath "${1:-.build/release/spanlog}")
seconds=${2:-1800}
work=${3:-$(mktemp -d)}
mkdir -p "$work"
server=
trap '[[ -z $server ]] || kill -9 "$server" 2> /dev/null || true; rm -rf "$work/data"' EXIT

"$program" serve --data "$work/data" --retain-bytes 8GiB --rpc 127.0.0.1:0 2> "$work/log" &
server=$!
for _ in $(seq 100); do grep -q '^ready' "$work/log" && break || sleep 0.1; done
address=$(sed -n 's/^listening rpc //p' "$work/log")

figure() { grep -o "\"$1\" *: *[0-9.e+]*" "$2" | grep -o '[0-9.e+]*$' | cut -d. -f1; }

# Until files are used again, then the peak.
"$program" bench ingest --to "$address" --seconds 20 > /dev/null
"$program" bench ingest --to "$address" --seconds 20 --json > "$work/peak.json"
peak=$(figure spansPerSecond "$work/peak.json")
rate=$((peak * 8 / 10))
echo "peak $peak spans/s; $rate spans/s for $seconds s"

"$program" bench ingest --to "$address" --rate "$rate" --seconds "$seconds" --json --pid "$server" > "$work/soak.json" &
load=$!
: > "$work/samples"
start=$SECONDS
reads=0
while kill -0 "$load" 2> /dev/null; do
  memory=$(awk '/VmRSS/ { print $2 }' "/proc/$server/status")
  descriptors=$(find "/proc/$server/fd" -mindepth 1 | wc -l)
  echo "$((SECONDS - start)) $memory $descriptors" >> "$work/samples"
  # Traces that were acked a moment ago are read back, every one.
  "$program" bench ingest --to "$address" --connections 1 --seconds 0.1 --sample-ids "$work/ids" > /dev/null
  "$program" read --from "$address" --ids "$work/ids" --format protobuf > /dev/null
  reads=$((reads + $(wc -l < "$work/ids")))
  sleep 5
done
wait "$load"

awk -v end="$seconds" '
  $1 < end / 3 { if ($2 > m1) m1 = $2; if ($3 > d1) d1 = $3 }
  $1 > end * 2 / 3 && $1 < end { if ($2 > m2) m2 = $2; if ($3 > d2) d2 = $3 }
  END {
    printf "resident KiB at most: %d in the first third, %d in the last\n", m1, m2
    printf "descriptors at most: %d in the first third, %d in the last\n", d1, d2
    exit m2 > m1 * 1.1 + 8192 || d2 > d1 + 4
  }' "$work/samples"
echo "spans/s $(figure spansPerSecond "$work/soak.json"), refused $(figure refused "$work/soak.json")," \
  "unsent $(figure unsent "$work/soak.json"), ack p99 ms $(grep -o '"ackMillisecondsP99" *: *[0-9.]*' "$work/soak.json")"
echo "$reads traces read back while it ran"
kill -TERM "$server"
wait "$server"
server=
"$program" verify "$work/data" | tail -1
