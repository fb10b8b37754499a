package eval

import (
	"cmp"
	"slices"

	"requin/frame"
)

// Image is one picture: what is true of it and what was found in it.
type Image struct {
	Truth []Truth
	Found []Found
	// Partial: other animals may be in the picture than Truth has. A detection that lies on none of the boxes to be found
	// is then neither right nor wrong.
	Partial bool
}

// Truth is a box that a person drew.
type Truth struct {
	frame.Box
	Taxon  string
	Ignore bool // finding it is neither right nor wrong
	Crowd  bool // several animals in one box: any number of detections may lie in it; ignored too
}

// Found is a detection.
type Found struct {
	frame.Box
	Taxon string
	Score float64
}

// Rules narrow down what is counted. The zero value counts everything.
type Rules struct {
	// Most is how many detections of the taxon count on one picture, the best ones;
	// 0: all. COCO's is 100.
	Most int
	// MinArea and MaxArea bound the area in pixels of the picture, both inclusive;
	// MaxArea 0: no bound. A true box outside is ignored, and so is a detection
	// outside that meets no true box. COCO's are 0 to 32², 32² to 96², and above.
	MinArea, MaxArea float64
}

func (r Rules) within(b frame.Box) bool {
	return b.Area() >= r.MinArea && (r.MaxArea == 0 || b.Area() <= r.MaxArea)
}

// surest is the most overlap that is asked for: boxes that agree but for rounding
// have an IoU of 1.
const surest = 1 - 1e-10

// Match holds the detections of a taxon against its truth as COCO's evaluation does
// (Lin et al. 2014; pycocotools, cocoeval.py), once for each least IoU that is given:
//
//   - the detections of a picture choose in the order of their scores, those of equal
//     score in the order given;
//   - each takes the box it overlaps most, of those with at least that IoU that none
//     before it took; of equals the last;
//   - it takes an ignored box only where it can take no other, and is then neither
//     right nor wrong. A crowd may be taken any number of times, and the overlap with
//     it is the share of the detection's area that lies in it;
//   - what is left over is wrong; in a partial picture only if it lies on an animal that is known, of any taxon
//     (IoU 0.5, or less where less is asked for): a wrong name, a second box, a bad fit. Nobody knows of the rest.
//
// Over all pictures detections are then put in the order of their scores, those of
// equal score in the order of the pictures.
//
// Worked example, IoU 0.5: a true box A, and detections that overlap it by 0.8 (score
// 0.6) and 0.6 (score 0.9). The second chooses first and is right, though it fits less
// well; the first finds A taken and is wrong.
func Match(images []Image, taxon string, ious []float64, rules Rules) []PR {
	m := matching{taxon: taxon, ious: ious, rules: rules}
	for _, i := range images {
		m.add(i)
	}
	order := make([]int, len(m.scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.scores[b], m.scores[a]) })
	out := make([]PR, len(ious))
	for k := range ious {
		out[k].Truth = m.truth
		for _, i := range order {
			if said := m.said[i*len(ious)+k]; said != neither {
				out[k].Scores = append(out[k].Scores, m.scores[i])
				out[k].Right = append(out[k].Right, said == right)
			}
		}
	}
	return out
}

// said is what the truth says of a detection.
type said uint8

const (
	wrong said = iota
	right
	neither
)

// matching collects over the pictures what is said of each detection at each IoU.
type matching struct {
	taxon string
	ious  []float64
	rules Rules

	truth  int // boxes to be found
	scores []float64
	said   []said // [detection][IoU]

	// Of the picture at hand; kept for their room.
	image   Image
	boxes   []int     // in its truth, those to be found first, then the ignored
	wanted  int       // how many are to be found
	found   []int     // in what was found, best first
	overlap []float64 // [found][box]
	taken   []bool    // [box]
}

func (m *matching) add(i Image) {
	m.open(i)
	at := len(m.said)
	m.said = append(m.said, make([]said, len(m.found)*len(m.ious))...)
	for k, iou := range m.ious {
		m.free()
		for d := range m.found {
			m.said[at+d*len(m.ious)+k], _ = m.choose(d, min(iou, surest))
		}
	}
	m.truth += m.wanted
	for _, d := range m.found {
		m.scores = append(m.scores, i.Found[d].Score)
	}
}

// open takes up a picture.
func (m *matching) open(i Image) {
	m.image, m.boxes, m.found = i, m.boxes[:0], m.found[:0]
	for _, ignored := range []bool{false, true} {
		for j, t := range i.Truth {
			if t.Taxon == m.taxon && ignored == (t.Ignore || t.Crowd || !m.rules.within(t.Box)) {
				m.boxes = append(m.boxes, j)
			}
		}
		if !ignored {
			m.wanted = len(m.boxes)
		}
	}
	for j, f := range i.Found {
		if f.Taxon == m.taxon {
			m.found = append(m.found, j)
		}
	}
	slices.SortStableFunc(m.found, func(a, b int) int { return cmp.Compare(i.Found[b].Score, i.Found[a].Score) })
	if m.rules.Most > 0 && len(m.found) > m.rules.Most {
		m.found = m.found[:m.rules.Most]
	}
	m.overlap = m.overlap[:0]
	for _, d := range m.found { // once for all IoUs
		for _, b := range m.boxes {
			m.overlap = append(m.overlap, overlap(i.Found[d].Box, i.Truth[b]))
		}
	}
}

// free lets all boxes be taken again.
func (m *matching) free() { m.taken = append(m.taken[:0], make([]bool, len(m.boxes))...) }

// overlap is the IoU, with a crowd the share of the detection that lies in it; 0 for
// boxes without area.
func overlap(b frame.Box, t Truth) float64 {
	if !t.Crowd {
		return frame.IoU(b, t.Box)
	}
	common := frame.Box{X0: max(b.X0, t.X0), Y0: max(b.Y0, t.Y0), X1: min(b.X1, t.X1), Y1: min(b.Y1, t.Y1)}.Area()
	if common == 0 {
		return 0
	}
	return common / b.Area()
}

// choose lets a detection take a box, and says what it is by that, and which it took;
// -1: none.
func (m *matching) choose(d int, least float64) (said, int) {
	of := m.overlap[d*len(m.boxes):][:len(m.boxes)]
	pick := func(from, to int) int {
		best, at := least, -1
		for i := from; i < to; i++ {
			if (!m.taken[i] || m.image.Truth[m.boxes[i]].Crowd) && of[i] >= best {
				best, at = of[i], i
			}
		}
		return at
	}
	if i := pick(0, m.wanted); i >= 0 {
		m.taken[i] = true
		return right, i
	}
	if i := pick(m.wanted, len(m.boxes)); i >= 0 {
		m.taken[i] = true
		return neither, i
	}
	if !m.rules.within(m.image.Found[m.found[d]].Box) {
		return neither, -1
	}
	if m.image.Partial && !m.image.known(m.image.Found[m.found[d]].Box, min(least, onAnimal)) {
		return neither, -1
	}
	return wrong, -1
}

// onAnimal is the overlap from which a detection lies on an animal, rightly or not.
const onAnimal = 0.5

// known tells whether a box to be found, of any taxon, lies where a detection does.
func (i Image) known(b frame.Box, least float64) bool {
	return slices.ContainsFunc(i.Truth, func(t Truth) bool { return wanted(t) && frame.IoU(t.Box, b) >= least })
}

// Judgement is what the truth says of one picture's detections, of all taxa.
type Judgement struct {
	Right []bool // of each detection
	Wrong []bool // of each; neither, where it lies on an ignored box
	Took  []int  // of each, the true box it took; -1: none
	Found []bool // of each true box, whether a detection took it
}

// Judge matches the detections of one picture with its truth, each taxon by itself, as
// Match does: to show which are right.
func Judge(i Image, iou float64) Judgement {
	j := Judgement{make([]bool, len(i.Found)), make([]bool, len(i.Found)), make([]int, len(i.Found)), make([]bool, len(i.Truth))}
	seen := map[string]bool{}
	for _, f := range i.Found {
		if seen[f.Taxon] {
			continue
		}
		seen[f.Taxon] = true
		m := matching{taxon: f.Taxon}
		m.open(i)
		m.free()
		for d, at := range m.found {
			said, box := m.choose(d, min(iou, surest))
			j.Right[at], j.Wrong[at], j.Took[at] = said == right, said == wrong, -1
			if box >= 0 {
				j.Took[at] = m.boxes[box]
				j.Found[m.boxes[box]] = true
			}
		}
	}
	return j
}
