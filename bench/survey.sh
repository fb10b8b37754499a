#!/usr/bin/env bash
# A survey made of the real data at hand: videos, pictures, boxes, tracks, sightings, counts; then out again.
#
#   ./bench/survey.sh [DATA] [FOLDER]    DATA: the folder of test data (default: $REQUIN_DATA or ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/.."
data=$(realpath "${1:-${REQUIN_DATA:-../shared/data}}")
[ -d "$data" ] || { echo "no data at $data" >&2; exit 1; }
make -s tools build
requin=$PWD/bin/requin
out=${2:-$(mktemp -d)}
mkdir -p "$out"
cd "$out"
cat > taxa.yaml <<'TAXA'
taxa:
  - {name: Selachii, common: shark, classes: [shark, elasmobranch]}
  - {name: Girella tricuspidata, common: luderick, classes: [Luderick]}
  - {name: fish, role: context, classes: [Fish, object, "1"]}
  - {name: Batoidea, common: ray, role: context, classes: [stingray]}
  - {name: jellyfish, role: context}
  - {name: penguin, role: context}
  - {name: puffin, role: context}
  - {name: starfish, role: context}
TAXA
rm -rf real
$requin init real --name "Real data" --taxa taxa.yaml
cd real
say() { echo "--- $*"; }

say videos
$requin add "$data/deepfish/clips" "$data/river_counter" "$data/tank_fish_voc/tank.mp4" --names file
say boxes and tracks of people
for gt in "$data"/deepfish/clips/*.gt.txt; do $requin import "$gt" --format mot; done
$requin import "$data"/deepfish/clips/*.boxes.csv
for f in "$data"/deepfish/clips/*.frames.csv; do $requin import "$f"; done
$requin import "$data/aquarium" --opcode-from '^(?:.*/)?(IMG_\d{3})\d'
$requin import "$data/deepfish" --format yolo --opcode-from '^(?:.*/)?(\d{4})_'
$requin import "$data/tank_fish_voc/images_and_voc_xml" --opcode tank-stills
$requin import "$data/formats/luderick_coco/luderick_seagrass_tallebudgera.json" --opcode-from '^(?:.*/)?([^/]*?)_?\d*\.(?:jpg|png)$'
say detections and counts
$requin import "$data"/sharktrack/test-output/*.csv "$data"/sharktrack/test_output_v2/*.csv "$data"/sharktrack/misc/*.csv
$requin import "$data"/formats/viame/*.csv "$data"/formats/viame/*.kw18 "$data/formats/dive/tracks.json" "$data/formats/megadetector/expected_output_DRAFT.json"
$requin import "$data"/formats/fishid_tracks/*.csv
say sightings, lengths, metadata
for set in swc_2023-03 bruvs_with_zeros; do $requin import "$data/eventmeasure/$set"; done
$requin import "$data/eventmeasure/tasman_fracture_2021-03/Tasman_Fracture_202103_EMObs.zip" || true
$requin list | head -40

say out again
mkdir -p ../out
for format in coco voc yolo cvat-video cvat-images labelstudio viame kw18 dive mot megadetector biigle sharktrack csv eventmeasure globalarchive checkem camtrapdp obis; do
  rm -rf "../out/$format"
  $requin export $format "../out/$format" 2> "../out/$format.losses" > /dev/null && echo "$format: $(wc -l < "../out/$format.losses") kinds of loss" || { echo "$format: FAILED"; tail -3 "../out/$format.losses"; }
done
say a dataset
$requin dataset build real --source "$data/deepfish" --folds 3 --test-share 0.2 || true
