#!/usr/bin/env bash
# Side by side, in one run on this machine: Requin, ffmpeg alone doing the same
# selection, ONNX Runtime alone on the same number of frames, and the usual way
# in Python (OpenCV reads every frame, PyTorch infers).
#
#   BENCH_MINUTES=60 make bench     an hour of video (default: 10 minutes)
#   BENCH_REPEAT=3                  runs of each, alternating; the median counts
#   BENCH_MODEL=file.onnx           default: YOLOX-nano of $REQUIN_DATA
#   BENCH_DIR=folder                where the clips are kept (13.5 GB an hour)
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${BENCH_MINUTES:-10}
repeat=${BENCH_REPEAT:-3}
model=${BENCH_MODEL:-${REQUIN_DATA:-../shared/data}/models/yolox_nano_coco.onnx}
dir=${BENCH_DIR:-/tmp/requin-bench}
only=${BENCH_ONLY:-}
mkdir -p "$dir"
[ -f "$model" ] || { echo "no model at $model: set BENCH_MODEL" >&2; exit 1; }
go build -o "$dir/runtime" ./bench/runtime

# One minute of 1080p30 as an action camera writes it (High profile, CABAC, no B-frames, 30 Mb/s) with the noise of a sensor, repeated.
clip() { # name, key frame interval
  local minute="$dir/$1-1.mp4" whole="$dir/$1-$minutes.mp4"
  [ -f "$minute" ] || ffmpeg -v error -y -f lavfi -i "testsrc2=s=1920x1080:r=30:d=60,noise=alls=12:allf=t" -pix_fmt yuv420p \
    -c:v libx264 -preset superfast -profile:v high -bf 0 -b:v 30M -maxrate 36M -bufsize 60M -g "$2" -keyint_min "$2" -sc_threshold 0 "$minute"
  [ -f "$whole" ] || ffmpeg -v error -y -stream_loop $((minutes - 1)) -i "$minute" -c copy "$whole"
  echo "$whole"
}

# peak PID: the greatest memory of a process and its children together, in MB, sampled five times a second.
peak() {
  local most=0 now
  while kill -0 "$1" 2>/dev/null; do
    now=$(ps -o rss= --pid "$1" --ppid "$1" 2>/dev/null | awk '{s += $1} END {print int(s / 1024)}')
    [ "${now:-0}" -gt "$most" ] && most=$now
    sleep 0.2
  done
  echo "$most"
}

measure() { # name, command...
  local name=$1 start end pid mb rc=0
  shift
  start=$(date +%s.%N)
  "$@" >"$dir/out.log" 2>"$dir/err.log" &
  pid=$!
  mb=$(peak $pid)
  wait $pid || rc=$?
  end=$(date +%s.%N)
  [ $rc -eq 0 ] || { echo "$name failed ($rc): $(tail -3 "$dir/err.log")" >&2; exit 1; }
  awk -v n="$name" -v s="$start" -v e="$end" -v m="$mb" 'BEGIN {printf "%s\t%.2f\t%d\n", n, e - s, m}' | tee -a "$results"
}

select_key() { ffmpeg -nostdin -v error -discard nokey -skip_frame nokey -copyts -i "$1" -map 0:v:0 \
  -vf "select='isnan(prev_selected_t)+gt(floor(t),floor(prev_selected_t))',scale=416:234:flags=bilinear" -fps_mode passthrough -f rawvideo -pix_fmt rgb24 -y /dev/null; }
select_all() { ffmpeg -nostdin -v error -copyts -i "$1" -map 0:v:0 \
  -vf "select='isnan(prev_selected_t)+gt(floor(t),floor(prev_selected_t))',scale=416:234:flags=bilinear" -fps_mode passthrough -f rawvideo -pix_fmt rgb24 -y /dev/null; }
requin() { rm -rf "$dir/result"; ./bin/requin count "$1" --model "$model" --out "$dir/result" --json; }

results="$dir/results.tsv"
: >"$results"
echo "$(date -u +%F) · $(nproc) cores · $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1) · $minutes minutes of 1080p30 · $(./bin/requin --version)"
for gop in 15 250; do
  [ -z "$only" ] || [ "$only" = "$gop" ] || continue
  video=$(clip "gop$gop" "$gop")
  for _ in $(seq "$repeat"); do
    if [ "$gop" = 15 ]; then measure "gop$gop ffmpeg alone" select_key "$video"; else measure "gop$gop ffmpeg alone" select_all "$video"; fi
    measure "gop$gop runtime alone" "$dir/runtime" "$model" $((minutes * 60))
    measure "gop$gop requin" requin "$video"
  done
  if [ -z "${BENCH_NO_PYTHON:-}" ] && /usr/bin/python3 -c 'import cv2, torch, onnx' 2>/dev/null; then
    measure "gop$gop opencv+pytorch" /usr/bin/python3 bench/usual_way.py "$video" "$model"
  else
    echo "gop$gop opencv+pytorch: skipped (apt install python3-opencv python3-torch python3-onnx)" >&2
  fi
done

echo
awk -F'\t' '
  { t[$1] = t[$1] " " $2; if ($3 > m[$1]) m[$1] = $3 }
  function median(s,   a, n, i, j, x) { n = split(s, a, " "); for (i = 2; i <= n; i++) { x = a[i]; for (j = i - 1; j > 0 && a[j] + 0 > x + 0; j--) a[j + 1] = a[j]; a[j + 1] = x }; return a[int((n + 1) / 2)] }
  END { for (g = 15; g <= 250; g += 235) { p = "gop" g " "; if (!((p "requin") in t)) continue
    f = median(t[p "ffmpeg alone"]); r = median(t[p "runtime alone"]); q = median(t[p "requin"]); u = median(t[p "opencv+pytorch"])
    printf "key frame every %d frames: ffmpeg alone %.1f s, ONNX Runtime alone %.1f s, Requin %.1f s (%d MB): %.2f of the greater", g, f, r, q, m[p "requin"], q / (f > r ? f : r)
    if (u) printf "; OpenCV with PyTorch %.1f s (%d MB): %.1f times slower", u, m[p "opencv+pytorch"], u / q
    printf "\n" } }' "$results"
