package eval

import "requin/track"

// clear counts matches and switches (CLEAR MOT). In each frame a pair that was
// matched in the frame before is kept if it still overlaps enough; the rest are
// matched so that the sum of overlaps is greatest. A switch is a match to
// another found ID than the true animal's last match, however long ago.
func (s *MOTScore) clear(frames []instant) {
	last := map[int]int{}   // true ID → found ID, ever
	before := map[int]int{} // the same, in the frame before only
	for _, f := range frames {
		pairs := track.Assign(len(f.truth), len(f.found), 0, func(i, j int) float64 {
			overlap := f.iou[i][j]
			if overlap < matchIoU-slack {
				return 0
			}
			if id, ok := before[f.truth[i].ID]; ok && id == f.found[j].ID {
				// More than all other overlaps of a frame together can outweigh.
				return -overlap - float64(len(f.truth)+len(f.found))
			}
			return -overlap
		})
		now := map[int]int{}
		for i, j := range pairs {
			if j < 0 {
				continue
			}
			truth, found := f.truth[i].ID, f.found[j].ID
			s.Matches++
			if id, ok := last[truth]; ok && id != found {
				s.Switches++
			}
			last[truth], now[truth] = found, found
		}
		before = now
	}
}

// ids gives every ID of the frames a number from 0, in the order of appearance,
// and counts its boxes.
func ids(frames []instant, side func(instant) []Seen) (number map[int]int, boxes []int) {
	number = map[int]int{}
	for _, f := range frames {
		for _, s := range side(f) {
			n, ok := number[s.ID]
			if !ok {
				n = len(boxes)
				number[s.ID] = n
				boxes = append(boxes, 0)
			}
			boxes[n]++
		}
	}
	return number, boxes
}

func trueSide(f instant) []Seen  { return f.truth }
func foundSide(f instant) []Seen { return f.found }

// table makes a rows×cols table of zeros.
func table(rows, cols int) [][]float64 {
	t := make([][]float64, rows)
	for i := range t {
		t[i] = make([]float64, cols)
	}
	return t
}

// identity counts IDTP: the pairing of IDs that has most boxes in common.
// (Ristani et al. minimise false negatives plus false positives; each box in
// common is one fewer of both, so the pairing is the same.)
func (s *MOTScore) identity(frames []instant) {
	trueIDs, trueBoxes := ids(frames, trueSide)
	foundIDs, foundBoxes := ids(frames, foundSide)
	common := table(len(trueBoxes), len(foundBoxes))
	for _, f := range frames {
		for i, a := range f.truth {
			for j, b := range f.found {
				if f.iou[i][j] >= matchIoU-slack {
					common[trueIDs[a.ID]][foundIDs[b.ID]]++
				}
			}
		}
	}
	pairs := track.Assign(len(trueBoxes), len(foundBoxes), 0, func(i, j int) float64 { return -common[i][j] })
	for i, j := range pairs {
		if j >= 0 {
			s.IDMatches += int(common[i][j])
		}
	}
}

// higherOrder counts HOTA's true positives and their association accuracy.
//
// The matching of a frame is the one of the authors' reference implementation
// (TrackEval): greatest sum of alignment × overlap, where the alignment of two
// IDs is the Jaccard index of their boxes over the whole video, each possible
// match weighed by how exclusive it is. One matching serves all levels; at each
// level the pairs that overlap less are not true positives.
func (s *MOTScore) higherOrder(frames []instant) {
	trueIDs, trueBoxes := ids(frames, trueSide)
	foundIDs, foundBoxes := ids(frames, foundSide)
	align := alignment(frames, trueIDs, foundIDs, trueBoxes, foundBoxes)

	var matched [levels][][]float64
	for level := range levels {
		matched[level] = table(len(trueBoxes), len(foundBoxes))
	}
	for _, f := range frames {
		pairs := track.Assign(len(f.truth), len(f.found), 0, func(i, j int) float64 {
			return -align[trueIDs[f.truth[i].ID]][foundIDs[f.found[j].ID]] * f.iou[i][j]
		})
		for i, j := range pairs {
			if j < 0 {
				continue
			}
			a, b := trueIDs[f.truth[i].ID], foundIDs[f.found[j].ID]
			for level := range levels {
				if f.iou[i][j] >= float64(level+1)/20-slack {
					s.Hits[level]++
					matched[level][a][b]++
				}
			}
		}
	}
	for level := range levels {
		for a, row := range matched[level] {
			for b, n := range row {
				if n > 0 {
					s.Assoc[level] += n * n / (float64(trueBoxes[a]+foundBoxes[b]) - n)
				}
			}
		}
	}
}

// alignment is, for each true and found ID, the Jaccard index of their boxes
// over the whole video. A possible match of a frame adds not 1 but its overlap
// over the sum of all overlaps that either box has, so that ambiguous frames
// say less.
func alignment(frames []instant, trueIDs, foundIDs map[int]int, trueBoxes, foundBoxes []int) [][]float64 {
	align := table(len(trueBoxes), len(foundBoxes))
	for _, f := range frames {
		rows, cols := make([]float64, len(f.truth)), make([]float64, len(f.found))
		for i := range f.truth {
			for j := range f.found {
				rows[i] += f.iou[i][j]
				cols[j] += f.iou[i][j]
			}
		}
		for i, a := range f.truth {
			for j, b := range f.found {
				if o := f.iou[i][j]; o > 0 {
					align[trueIDs[a.ID]][foundIDs[b.ID]] += o / (rows[i] + cols[j] - o)
				}
			}
		}
	}
	for a, row := range align {
		for b, n := range row {
			row[b] = n / (float64(trueBoxes[a]+foundBoxes[b]) - n)
		}
	}
	return align
}
