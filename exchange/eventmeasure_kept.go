package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// emStatus is how the Comment of a point ends that came out of a count of Requin's: "track 12 [machine: nobody looked]".
func emStatus(status string) string { return "[" + statusText(status) + "]" }

// emComment takes the status off a comment.
func emComment(comment string) (rest, status string) {
	for _, status := range statuses {
		if rest, ok := strings.CutSuffix(comment, emStatus(status)); ok {
			return strings.TrimSpace(rest), status
		}
	}
	return comment, ""
}

// emPointsStatus is the further column of the metadata that says what the points of a deployment rest on.
const emPointsStatus = gaPrefix + "points_status"

// emAlone is the one that says each reader's own MaxN, taxon by taxon: "Carcharhinus spp: anna=3 | Carcharhinus spp: ben=2".
const emAlone = gaPrefix + cellAlone

// stands notes what is said of a deployment's points: by the counts made of them, taxon by taxon, else by the points.
func (w *emWriter) stands(record annotate.Record) {
	switch r := record.(type) {
	case annotate.Count:
		if r.Verified != nil {
			w.counted[r.OpCode] = append(w.counted[r.OpCode], fmt.Sprintf("%s (%s)", taxonOf(r).Scientific(), standing(*r.Verified)))
			for _, a := range r.Verified.Alone {
				w.alone[r.OpCode] = append(w.alone[r.OpCode], fmt.Sprintf("%s: %s=%s", taxonOf(r).Scientific(), a.Name, shortest(&a.MaxN)))
			}
		}
	case annotate.Sighting:
		if text := statusText(r.Extra[annotate.StatusKey]); text != "" && !slices.Contains(w.pointed[r.OpCode], text) {
			w.pointed[r.OpCode] = append(w.pointed[r.OpCode], text)
		}
	}
}

// standing is a deployment with what its points rest on.
func (w *emWriter) standing(d annotate.Deployment) annotate.Deployment {
	said := w.counted[d.OpCode]
	if len(said) == 0 {
		said = w.pointed[d.OpCode]
	}
	if len(said) > 0 {
		slices.Sort(said)
		d.Extra = with(d.Extra, emPointsStatus, personsText(said))
	}
	if alone := w.alone[d.OpCode]; len(alone) > 0 {
		slices.Sort(alone)
		d.Extra = with(d.Extra, emAlone, personsText(alone))
	}
	return d
}

// kept gives the rows of the files that are kept as they were, in the order of the deployments.
func (w *emWriter) kept(kind emKind, mine func(string) bool) []map[string]string {
	var rows []map[string]string
	for _, d := range w.deployments {
		if !mine(d.OpCode) {
			continue
		}
		byIndex := map[string]map[string]string{}
		for key, value := range d.Extra {
			rest, ok := strings.CutPrefix(key, emPrefix+string(kind)+".")
			index := ""
			if ok && kind != emInfo && kind != emSource {
				index, rest, _ = strings.Cut(rest, ".")
			}
			switch {
			case !ok:
			case kind == emPairs:
				w.pairs[d.OpCode] = append(w.pairs[d.OpCode], index+"\t"+rest+"\t"+value)
			default:
				if byIndex[index] == nil {
					byIndex[index] = map[string]string{"OpCode": d.OpCode, "CameraIndex": index}
				}
				byIndex[index][rest] = value
			}
		}
		for _, index := range sortedNumbers(byIndex) {
			rows = append(rows, byIndex[index])
		}
		if kind == emPairs {
			rows = append(rows, pairRows(d.OpCode, w.pairs[d.OpCode])...)
			delete(w.pairs, d.OpCode)
		}
	}
	if kind == emPairs { // of opcodes that no deployment describes
		for _, opcode := range sortedNumbers(w.pairs) {
			rows = append(rows, pairRows(opcode, w.pairs[opcode])...)
		}
	}
	return rows
}

// pairRows makes rows of "pair, index, coordinates", in order.
func pairRows(opcode string, lines []string) []map[string]string {
	slices.SortFunc(lines, func(a, b string) int {
		pairA, restA, _ := strings.Cut(a, "\t")
		pairB, restB, _ := strings.Cut(b, "\t")
		return cmp.Or(compareNumbers(pairA, pairB), cmp.Compare(restA, restB))
	})
	var rows []map[string]string
	for _, line := range lines {
		cell := strings.SplitN(line, "\t", 3)
		at := append(strings.Split(cell[2], " "), "", "", "", "")
		rows = append(rows, map[string]string{"OpCode": opcode, "ImagePtPair": cell[0], "Index": cell[1], "Lx": at[0], "Ly": at[1], "Rx": at[2], "Ry": at[3]})
	}
	return rows
}

// compareNumbers orders texts as numbers where they are, else as texts.
func compareNumbers(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX == nil && errY == nil && x != y {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

func sortedNumbers[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareNumbers)
	return keys
}
