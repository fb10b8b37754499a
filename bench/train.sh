#!/usr/bin/env bash
# Training side by side, in one run on this machine: full steps of YOLOX-nano (416×416,
# batch 8: forward, SimOTA, backward, SGD, running average) by Requin and by plain
# PyTorch, with the same weights and batch, alternating. Stops where the two do not
# find the same loss. Needs the shim (make torch) and python3-torch.
#
#   BENCH_STEPS=20  BENCH_REPEAT=5  BENCH_THREADS=$(nproc)  PYTHON=/usr/bin/python3
set -euo pipefail
cd "$(dirname "$0")/.."
steps=${BENCH_STEPS:-20}
repeat=${BENCH_REPEAT:-5}
threads=${BENCH_THREADS:-$(nproc)}
python=${PYTHON:-/usr/bin/python3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=$threads

go build -o "$dir/trainstep" ./bench/trainstep
printf 'round\timg/s: Requin\tPyTorch\tratio\tprocessor s/img: Requin\tPyTorch\tratio\n'
for round in $(seq "$repeat"); do
  "$dir/trainstep" "$dir/batch.safetensors" "$steps" "$threads" >"$dir/requin.txt"
  "$python" bench/train_throughput.py "$dir/batch.safetensors" "$steps" "$threads" >"$dir/pytorch.txt"
  # The first loss rests on the same weights; later ones drift apart with rounding.
  paste -d' ' <(head -1 "$dir/requin.txt") <(head -1 "$dir/pytorch.txt") | awk '{
    n = NF / 2
    for (i = 2; i <= n; i++) { d = $i - $(n + i); if (d < 0) d = -d
      if (d > 1e-3 * (1 + $i)) { print "the losses differ: " $0 > "/dev/stderr"; exit 1 } } }'
  paste <(tail -1 "$dir/requin.txt") <(tail -1 "$dir/pytorch.txt") |
    awk -v r="$round" '{printf "%d\t%.2f\t%.2f\t%.3f\t%.4f\t%.4f\t%.3f\n", r, $1, $3, $1 / $3, $2, $4, $4 / $2}' | tee -a "$dir/rounds.tsv"
done
median() { # name, column
  sort -n -k"$2" "$dir/rounds.tsv" | awk -v c="$2" -v n="$1" '{v[NR] = $c} END {
    m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "%s: median ratio %.3f of %d rounds (from %.3f to %.3f)\n", n, m, NR, v[1], v[NR]}'
}
median "pictures a second" 4
median "pictures a second of processor time, which a busy machine disturbs less" 7
echo "threads $threads, load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
