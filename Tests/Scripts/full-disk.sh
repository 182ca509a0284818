#!/usr/bin/env bash
# Fills a small file system of its own under a running server, and gives it room again. Needs root, for the loop mount.
#
#   Tests/Scripts/full-disk.sh [PROGRAM]        .build/release/spanlog unless told otherwise
#
# Holds: requests are refused with an error that may be retried, reads go on, and writes resume by themselves.
set -euo pipefail

program=$(realpath "${1:-.build/release/spanlog}")
work=$(mktemp -d)
disk=$work/disk
server=

finish() {
  [[ -z $server ]] || kill -9 "$server" 2> /dev/null || true
  umount "$disk" 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "full-disk: $1" >&2
  cat "$work/log" >&2
  exit 1
}

mkdir "$disk"
truncate -s 64M "$work/image"
mkfs.ext4 -q "$work/image"
mount -o loop "$work/image" "$disk" || { echo "full-disk: skipped, nothing can be mounted here" >&2; exit 0; }
dd if=/dev/zero of="$disk/filler" bs=1M count=16 status=none

"$program" serve --data "$disk/data" --segment-bytes 1MiB --rpc 127.0.0.1:0 2> "$work/log" &
server=$!
for _ in $(seq 100); do grep -q '^ready' "$work/log" && break || sleep 0.1; done
address=$(sed -n 's/^listening rpc //p' "$work/log")

load() {
  "$program" bench ingest --to "$address" --connections 4 --seconds 3 --json --sample-ids "$work/$1.ids" > "$work/$1.json"
  for key in requests refused; do grep -o "\"$key\" *: *[0-9]*" "$work/$1.json" | grep -o "[0-9]*$"; done | paste -sd " "
}

load first > /dev/null
grep -q 'requests are refused until there is room' "$work/log" || fail "the disk was never full"
read -r acked refused < <(load full)
[[ $acked == 0 && $refused -gt 0 ]] || fail "on a full disk $acked requests were acked and $refused refused"
spans=$("$program" read --from "$address" --ids "$work/first.ids" --format otlp-json | grep -o '"spanId"' | wc -l)
[[ $spans -gt 0 ]] || fail "nothing can be read while the disk is full"
echo "full: $refused refusals, none acked; $(wc -l < "$work/first.ids") traces with $spans spans read"

rm "$disk/filler"
sleep 1
read -r acked refused < <(load resumed)
[[ $acked -gt 0 ]] || fail "with room again, nothing is written"
grep -q 'there is room again' "$work/log" || fail "nobody says that there is room again"
echo "room again: $acked requests acked"

kill -TERM "$server"
wait "$server" || fail "the server ended with $?"
server=
"$program" verify "$disk/data" | tail -1
