#!/usr/bin/env bash
# The datasets that training is measured on, each in a survey of its own:
#
#   aquarium  389 photographs, 7 classes; a deployment is a run of photographs whose numbers are at most 2 apart
#   deepfish  487 frames, fish; a deployment is a site
#   reefs     the starter model's: both, and a simulated survey; some deployments of each are held out for the test
#   small     40 of the aquarium's photographs, 31 to train on and 9 to look at: to see in a minute that something learns
#
#   ./bench/train-data.sh [FOLDER [NAME ...]]    REQUIN_DATA: the folder of test data (default ../shared/data);
#                                                REQUIN: the program (default: builds it)
#
# Repeated, it goes on where it stopped. The datasets are FOLDER/NAME/datasets/NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$(realpath "${REQUIN_DATA:-../shared/data}")
[ -d "$data/aquarium" ] && [ -d "$data/deepfish" ] || { echo "no aquarium and deepfish in $data" >&2; exit 1; }
[ -n "${REQUIN:-}" ] || { make -s tools build; REQUIN=$PWD/bin/requin; }
taxa=$PWD/bench/train
out=${1:-$(mktemp -d)}
shift || true
mkdir -p "$out"
cd "$out"

aquarium() { "$REQUIN" import "$data/aquarium" --opcode-from '(IMG_\d+)' --opcode-gap 2; }
deepfish() { "$REQUIN" import "$data/deepfish" --format yolo --opcode-from '^(?:.*/)?(\d{4})_'; }

# survey NAME TAXA: makes the survey, unless it is there.
survey() { [ -e "$1/requin.db" ] || "$REQUIN" init "$1" --name "$1" --taxa "$taxa/$2"; }

build() { # NAME, settings
  "$REQUIN" dataset build "$@"
  "$REQUIN" dataset check "$1" --page check.html --sheet sheet.png || [ "$1" = reefs ]
  # The simulator's sand flats differ in their animals and ripples, and have horizon and bait arm in one place:
  # some pass for look-alikes.
}

make_aquarium() (
  survey aquarium aquarium.yaml
  cd aquarium
  aquarium
  build aquarium --long-side 640
)

make_deepfish() (
  survey deepfish deepfish.yaml
  cd deepfish
  deepfish
  build deepfish
)

make_reefs() (
  "$REQUIN" simulate reefs --kind clips --deployments 120 --duration 10s --rate 1 --size 640x360 --seed 2026 \
    --turbidity 0..0.8 --sharks 0..2 --context 0.3..2 | tail -1
  cd reefs
  "$REQUIN" taxa "$taxa/reefs.yaml"
  aquarium
  deepfish
  test=(--test IMG_2358 --test IMG_2475 --test 7490 --test 9894)
  for n in $(seq 1 18); do test+=(--test "SIM$(printf %03d "$n")"); done
  build reefs --long-side 640 --min-box 6 "${test[@]}"
)

make_small() (
  survey small reefs.yaml
  cd small
  aquarium
  build small --long-side 640 --opcode IMG_2456 --opcode IMG_2475 --max-frames 31 --folds 2 --floor 10
)

[ $# -gt 0 ] || set -- small deepfish aquarium reefs
for name in "$@"; do
  echo "--- $name"
  "make_$name"
done
