package survey

import (
	"fmt"
	"math/rand/v2"
	"time"

	"requin/annotate"
	"requin/frame"
)

// made is a source of random records, as wild as the types allow.
type made struct{ *rand.Rand }

func (m made) text() string {
	texts := []string{"", "", "a", "Triaenodon obesus", "trop belle: çédille, 鮫, ﷽", "it's \"quoted\"\t\n\\", "=1+1", "<&>", "\x00nul", `\ufffd`, "\ufffd", "N/A"}
	return texts[m.IntN(len(texts))]
}

func (m made) yes() bool { return m.IntN(3) == 0 }

func (m made) number() float64 {
	numbers := []float64{0, 1, -1, 0.1, 1.0 / 3, 1e300, -5e-324, 1920, 12345.678901234567, 1 << 53}
	return numbers[m.IntN(len(numbers))]
}

func (m made) maybe() *float64 {
	if m.yes() {
		return nil
	}
	x := m.number()
	return &x
}

func (m made) flag() *bool {
	if m.yes() {
		return nil
	}
	b := m.yes()
	return &b
}

func (m made) time() time.Duration {
	if m.yes() {
		return annotate.None
	}
	return time.Duration(m.Int64N(int64(2 * time.Hour)))
}

func (m made) frame() int { return m.IntN(5) - 1 }

func (m made) rate() frame.Rational {
	return []frame.Rational{{}, {Num: 25, Den: 1}, {Num: 30000, Den: 1001}}[m.IntN(3)]
}

func (m made) extra() annotate.Extra {
	if m.yes() {
		return nil
	}
	return annotate.Extra{"coco.segmentation": m.text(), "cvat.z_order" + m.text(): m.text()}
}

func (m made) attributes() (out []annotate.Attribute) {
	for range m.IntN(3) {
		types := []annotate.Type{annotate.Text, annotate.Number, annotate.Boolean, annotate.Choice, annotate.JSON}
		out = append(out, annotate.Attribute{Name: m.text(), Value: m.text(), Type: types[m.IntN(len(types))]})
	}
	return out
}

// verified is what a count rests on; nil as a rule, as people's counts have it.
func (m made) verified() *annotate.Verification {
	if m.IntN(3) > 0 {
		return nil
	}
	return &annotate.Verification{Status: []string{"machine", "reviewed", "certified", "disputed"}[m.IntN(4)], Machine: m.maybe(), Risk: m.Float64(), Limit: 0.05,
		Looked: m.IntN(9), Frames: m.IntN(4000), By: []string{"Anna", "ben"}[:1+m.IntN(2)], At: time.Date(2024, 5, 1, 8, 18, 54, m.IntN(1e9), time.UTC), Log: "ab12", Model: "starter.onnx <\"1\">"}
}

func (m made) origin() annotate.Origin {
	at := time.Time{}
	switch m.IntN(4) {
	case 0:
		at = time.Date(2024, 5, 1, 8, 18, 54, 123456789, time.FixedZone("", 8*3600))
	case 1:
		at = time.Date(1883, 5, 1, 8, 18, 54, 0, time.FixedZone("LMT", 3*3600+17)) // of before there were zones
	case 2:
		at = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	}
	return annotate.Origin{By: m.text(), At: at, From: m.text()}
}

func (m made) species() annotate.Species {
	return annotate.Species{Family: m.text(), Genus: m.text(), Species: m.text(), CAAB: m.text()}
}

func (m made) names() (out []annotate.Name) {
	for range m.IntN(3) {
		out = append(out, annotate.Name{Label: m.text(), Score: m.number(), Scored: m.yes()})
	}
	if m.yes() {
		out = []annotate.Name{{Label: m.text(), Scored: m.yes()}}
	}
	return out
}

func (m made) points(n int) (out []annotate.Point) {
	for range n {
		out = append(out, annotate.Point{X: m.number(), Y: m.number()})
	}
	return out
}

func (m made) shape() annotate.Shape {
	kinds := []annotate.Kind{"", annotate.Box, annotate.Polygon, annotate.Line, annotate.Points, annotate.Circle, annotate.Ellipse, annotate.Rotated, annotate.Mask, annotate.WholePic}
	s := annotate.Shape{Kind: kinds[m.IntN(len(kinds))]}
	switch m.IntN(5) {
	case 0:
		s = annotate.BoxShape(frame.Box{X0: 1.5, Y0: 2, X1: 3.25, Y1: 1e4 / 3})
	case 1:
		s.Points, s.Radius, s.Angle = m.points(m.IntN(4)), float64(m.IntN(3)), float64(m.IntN(90))
	case 2:
		s.Points, s.Rings = m.points(2), [][]annotate.Point{m.points(3), m.points(1)}
	case 3:
		s.Points = m.points(1 + m.IntN(2))
	}
	return s
}

func (m made) deployment(opcode string) annotate.Deployment {
	d := annotate.Deployment{
		OpCode: opcode, Campaign: m.text(), Latitude: m.maybe(), Longitude: m.maybe(), DateTime: m.text(), Site: m.text(), Location: m.text(),
		Status: m.text(), Depth: m.maybe(), ObserverCount: m.text(), ObserverLength: m.text(), SuccessfulCount: m.flag(), SuccessfulLength: m.flag(),
		Visibility: m.maybe(), Extra: m.extra(),
	}
	for i := range m.IntN(3) {
		sum := ""
		if m.yes() {
			sum = fmt.Sprintf("%064x", m.Uint64())
		}
		d.Chapters = append(d.Chapters, annotate.Chapter{
			Path: fmt.Sprintf("%s/GX%02d.MP4", opcode, i), Camera: m.IntN(2), Size: m.Int64N(1 << 40), SHA256: sum, Offset: m.time(), Duration: m.time(),
			Frames: m.IntN(99), Rate: m.rate(), W: m.IntN(9), H: m.IntN(9), Codec: m.text(), Extra: m.extra(),
		})
	}
	for range m.IntN(3) {
		d.Periods = append(d.Periods, annotate.Period{Name: m.text(), From: m.time(), To: m.time(), Open: m.yes(), Extra: m.extra()})
	}
	return d
}

// media gives a media with all that is stated of it.
func (m made) media(name, opcode string) []annotate.Record {
	out := []annotate.Record{annotate.Media{
		Name: name, ID: m.text(), Deployment: opcode, Video: m.yes(), W: m.IntN(5000), H: m.IntN(3000), Rate: m.rate(), Frames: m.IntN(99),
		Failure: m.text(), Split: m.text(), Extra: m.extra(),
	}}
	tracks := []string{""}
	for i := range m.IntN(3) {
		id := fmt.Sprintf("%d%s", i, m.text())
		tracks = append(tracks, id)
		out = append(out, annotate.Track{Media: name, ID: id, Names: m.names(), Attributes: m.attributes(), Origin: m.origin(), Extra: m.extra()})
	}
	for range m.IntN(12) {
		out = append(out, annotate.Mark{
			Media: name, ID: m.text(), Track: tracks[m.IntN(len(tracks))], Frame: m.frame(), Time: m.time(), Shape: m.shape(), Names: m.names(),
			Still: m.yes(), Between: m.yes(), Outside: m.yes(), Occluded: m.yes(), Truncated: m.yes(), Difficult: m.yes(), Crowd: m.yes(),
			Visibility: float64(m.IntN(4)) / 4, Attributes: m.attributes(), Origin: m.origin(), Extra: m.extra(),
		})
	}
	for range m.IntN(4) {
		out = append(out, annotate.Look{Media: name, Frame: m.frame(), Time: m.time()})
	}
	return out
}

// records gives records of every kind in the order in which Survey.Records gives them.
func (m made) records() (out []annotate.Record) {
	opcodes := []string{"2", "10", "île du Levant"}
	for _, opcode := range opcodes {
		out = append(out, m.deployment(opcode))
	}
	for i := range 1 + m.IntN(4) {
		out = append(out, annotate.Label{Name: m.text(), ID: fmt.Sprint(i), Parent: m.text(), Attributes: m.attributes(), Extra: m.extra()})
	}
	for i := range 2 + m.IntN(5) {
		opcode := ""
		if m.yes() {
			opcode = opcodes[m.IntN(len(opcodes))]
		}
		out = append(out, m.media(fmt.Sprintf("photos/%s %d.jpg", m.text(), i), opcode)...)
	}
	for range m.IntN(150) {
		out = append(out, annotate.Sighting{
			OpCode: opcodes[m.IntN(3)], Media: m.text(), Frame: m.frame(), Time: m.time(), Period: m.text(), PeriodTime: m.time(), Species: m.species(),
			Number: m.IntN(9), Stage: m.text(), Activity: m.text(), Comment: m.text(), Shape: m.shape(), Origin: m.origin(), Extra: m.extra(),
		})
	}
	for range m.IntN(9) {
		out = append(out, annotate.Length{
			OpCode: opcodes[m.IntN(3)], Media: m.text(), Frame: m.frame(), Time: m.time(), Period: m.text(), Species: m.species(), Number: m.IntN(9),
			Length: m.maybe(), Precision: m.maybe(), RMS: m.maybe(), Range: m.maybe(), Stage: m.text(), Activity: m.text(), Comment: m.text(),
			Origin: m.origin(), Extra: m.extra(),
		})
	}
	for range m.IntN(9) {
		out = append(out, annotate.Count{
			Campaign: m.text(), OpCode: opcodes[m.IntN(3)], Media: m.text(), Species: m.species(), Label: m.text(), Stage: m.text(), Metric: m.text(),
			Value: m.number(), Low: m.maybe(), High: m.maybe(), Time: m.time(), Verified: m.verified(), Origin: m.origin(), Extra: m.extra(),
		})
	}
	return out
}
