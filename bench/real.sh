#!/usr/bin/env bash
# What Requin counts on the real clips at hand, beside what people counted.
#
#   ./bench/real.sh [DATA]       DATA: the folder of test data (default: $REQUIN_DATA or ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-${REQUIN_DATA:-../shared/data}}
[ -d "$data" ] || { echo "no data at $data" >&2; exit 1; }
make -s tools build
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

count() { # video, model, flags...
  local video=$1 model=$2
  shift 2
  ./bin/requin count "$video" --model "$data/models/$model" --out "$out/$(basename "$video")" --no-hash --json "$@" 2>/dev/null
}
seen() { grep '"type":"count"' | grep -v '"maxn":0' | sed 's/.*"taxon":"\([^"]*\)".*"maxn":\([0-9]*\).*"mean_count":\([0-9]*\.\{0,1\}[0-9]\{0,2\}\).*/\1 \2 (mean \3)/' | paste -sd, ; }

echo "| clip | frames looked at | counted | by people |"
echo "|---|---|---|---|"
for video in "$data"/deepfish/clips/*.mp4; do
  truth=${video%.mp4}
  if [ -f "$truth.gt.txt" ]; then
    n=$(cut -d, -f1 "$truth.gt.txt" | sort -n | uniq -c | sort -rn | awk 'NR == 1 {print $1}')
  else
    n=$(tail -n +2 "$truth.boxes.csv" | cut -d, -f1 | sort | uniq -c | sort -rn | awk 'NR == 1 {print $1}')
  fi
  json=$(count "$video" yolox_nano_kazuhito_fish.onnx --every 30ms)
  frames=$(head -1 <<<"$json" | sed 's/.*"frames":\([0-9]*\).*/\1/')
  echo "| $(basename "$video" .mp4) | $frames | $(seen <<<"$json") | MaxN ${n:-0} |"
done
for video in "$data"/tank_fish_voc/tank.mp4; do
  json=$(count "$video" yolox_nano_kazuhito_fish.onnx)
  echo "| $(basename "$video") | $(head -1 <<<"$json" | sed 's/.*"frames":\([0-9]*\).*/\1/') | $(seen <<<"$json") | not counted |"
done
for video in "$data"/river_counter/*.mp4; do
  json=$(count "$video" yolox_nano_coco.onnx)
  echo "| $(basename "$video") (COCO model) | $(head -1 <<<"$json" | sed 's/.*"frames":\([0-9]*\).*/\1/') | $(seen <<<"$json") | not counted |"
done
