package web

import (
	"math"
	"net/http"

	"requin/count"
	"requin/review"
)

type deploymentJSON struct {
	OpCode   string                `json:"opcode"`
	W        int                   `json:"w"`
	H        int                   `json:"h"`
	Every    float64               `json:"every_s"`
	Period   spanJSON              `json:"period"`
	Frames   []float64             `json:"frames"`
	Gaps     []gapJSON             `json:"gaps"`
	Clip     string                `json:"clip"`
	Tracks   []trackJSON           `json:"tracks"`
	Looked   []int                 `json:"looked"`
	Boxes    []drawnJSON           `json:"boxes"`
	Remarks  []remarkJSON          `json:"frame_verdicts"`
	Taxa     []TaxonState          `json:"taxa"`
	Counts   map[string]countsJSON `json:"counts"`
	Twice    []twiceJSON           `json:"twice"`
	Disputes []DisputeJSON         `json:"disputes"`
	Seconds  []secondJSON          `json:"seconds"`
	Seq      int64                 `json:"seq"`
	CanUndo  bool                  `json:"can_undo"`
	CanRedo  bool                  `json:"can_redo"`
	LockedBy *string               `json:"locked_by"`
}

type spanJSON struct {
	From float64 `json:"from_s"`
	To   float64 `json:"to_s"`
}

type gapJSON struct {
	spanJSON
	Reason string `json:"reason"`
}

type trackJSON struct {
	ID      string       `json:"id"`
	Taxon   string       `json:"taxon"`
	Machine string       `json:"machine_taxon"`
	P       float64      `json:"p"`
	State   string       `json:"state"`
	Flagged bool         `json:"flagged"`
	Note    string       `json:"note,omitempty"`
	By      string       `json:"by"`
	Points  [][6]float64 `json:"points"`
	Drawn   bool         `json:"drawn"`
	Keys    []keyJSON    `json:"keys,omitempty"`
	Doubt   string       `json:"doubtful,omitempty"` // why a no here is of this frame alone; "": it is of the whole track
	Denied  []int        `json:"denied,omitempty"`   // frames in which a person said that this animal is not there
}

type keyJSON struct {
	Frame   int        `json:"frame"`
	Box     review.Box `json:"box"`
	Outside bool       `json:"outside"`
}

type drawnJSON struct {
	ID    string     `json:"id"`
	Frame int        `json:"frame"`
	Taxon string     `json:"taxon"`
	Box   review.Box `json:"box"`
	By    string     `json:"by"`
	Track string     `json:"track"`
}

type remarkJSON struct {
	Frame int    `json:"frame"`
	Kind  string `json:"kind"`
	By    string `json:"by"`
	Taxon string `json:"taxon,omitempty"`
	N     *int   `json:"n,omitempty"`
	Note  string `json:"note,omitempty"`
}

// secondJSON is review.Second: which of two numbers is right?
type secondJSON struct {
	Frame  int    `json:"frame"`
	Taxon  string `json:"taxon"`
	First  int    `json:"first"`
	Second int    `json:"second"`
	By     string `json:"by"`
}

type countsJSON struct {
	Machine   []int `json:"machine"`
	Confirmed []int `json:"confirmed"`
}

func (s *Server) deployment(w http.ResponseWriter, r *http.Request, who *session) error {
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(r.Context()); err != nil {
		return err
	}
	out, err := s.describe(k, who)
	if err != nil {
		return err
	}
	return give(w, out)
}

// describe is the deployment as a person sees it. The desk is held.
func (s *Server) describe(k *seat, who *session) (deploymentJSON, error) {
	whose := s.whose(who)
	v := k.view(whose)
	out := deploymentJSON{
		OpCode: k.opcode, Every: k.Every().Seconds(), Gaps: []gapJSON{}, Frames: make([]float64, len(k.Machine.Frames)), Clip: "proxy", Tracks: []trackJSON{},
		Looked: k.looked(v), Boxes: []drawnJSON{}, Remarks: []remarkJSON{}, Taxa: k.states(v), Counts: k.counts(v), Seq: k.last(),
	}
	out.Twice, out.Disputes = k.standing(v, out.Taxa), k.disputes(v)
	out.Taxa = beside(k.settled, []DeploymentState{{OpCode: k.opcode, Taxa: out.Taxa}})[0].Taxa
	out.Seconds = []secondJSON{}
	for _, x := range v.state.Seconds() {
		out.Seconds = append(out.Seconds, secondJSON{x.Frame, x.Taxon, x.First, x.Second, x.By})
	}
	for i, f := range k.Machine.Frames {
		out.Frames[i] = f.Time.Seconds()
	}
	if res := k.Run.Result; res != nil {
		out.Period = spanJSON{res.Period.From.Duration().Seconds(), res.Period.To.Duration().Seconds()}
		for _, g := range res.Effort.Gaps {
			out.Gaps = append(out.Gaps, gapJSON{spanJSON{g.From.Duration().Seconds(), g.To.Duration().Seconds()}, g.Reason})
		}
	}
	out.W, out.H, out.Clip = k.shape()
	k.describeTracks(v, &out)
	for _, x := range v.state.Remarks() {
		y := remarkJSON{Frame: x.Frame, Kind: string(x.Kind), By: x.By, Taxon: x.Taxon, Note: x.Note}
		if x.Kind == review.Count {
			y.N = &x.N
		}
		out.Remarks = append(out.Remarks, y)
	}
	undo, redo := review.Back(k.Log, who.name)
	out.CanUndo, out.CanRedo = undo != 0, redo != 0
	if other := s.events.holder(k.opcode, who.name); other != "" && !s.Blind {
		out.LockedBy = &other
	}
	return out, nil
}

// shape is the size of the pictures and how clips are made, as the files say; as the survey noted where they cannot be read.
func (k *seat) shape() (w, h int, clip string) {
	clip = "proxy"
	k.opening.Lock()
	defer k.opening.Unlock()
	if k.dive != nil {
		if k.dive.Plays() {
			clip = "direct"
		}
		return k.dive.Files[0].W, k.dive.Files[0].H, clip
	}
	for _, ch := range k.Deployment.Chapters {
		if ch.Camera == 0 {
			if ch.Codec == "h264" {
				clip = "direct"
			}
			return ch.W, ch.H, clip
		}
	}
	return 0, 0, clip
}

// describeTracks tells of tracks and boxes, each with the chance that it is what it is taken for.
func (k *seat) describeTracks(v *view, out *deploymentJSON) {
	chance := k.chances(v)
	for _, t := range v.state.Tracks() {
		if t.Single {
			out.Boxes = append(out.Boxes, drawnJSON{t.ID, t.Points[0].Frame, t.Taxon, review.Box(t.Points[0].Box), t.By, ""})
			continue
		}
		x := trackJSON{ID: t.ID, Taxon: t.Taxon, Machine: t.Machine, P: chance[t], State: string(t.Standing), Flagged: t.Flagged, Note: t.Note, By: t.By,
			Points: make([][6]float64, len(t.Points)), Drawn: t.Drawn, Doubt: v.state.Doubtful(t), Denied: t.DeniedIn()}
		for i, p := range t.Points {
			x.Points[i] = [6]float64{float64(p.Frame), tenth(p.Box.X0), tenth(p.Box.Y0), tenth(p.Box.X1), tenth(p.Box.Y1), math.Round(p.Score*1000) / 1000}
		}
		for _, key := range t.Keys {
			if i, ok := v.state.FrameAt(key.Time.Duration()); ok {
				x.Keys = append(x.Keys, keyJSON{i, key.Box, key.Outside})
			}
		}
		out.Tracks = append(out.Tracks, x)
	}
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// chances says of each track how likely it is an animal of its taxon: 0 or 1 where a person said so. The desk is held.
func (k *seat) chances(v *view) map[*review.Track]float64 {
	out := map[*review.Track]float64{}
	for _, name := range k.names(v) {
		for _, c := range v.state.Candidates(name, k.Measured.Named(name)) {
			switch {
			case c.Taxon != name:
			case c.Standing == review.Accepted:
				out[c.Track] = 1
			case c.Standing == review.Rejected:
				out[c.Track] = 0
			default:
				out[c.Track] = math.Round(c.Real*1000) / 1000
			}
		}
	}
	return out
}

// names are the taxa of the tracks, studied or not. The desk is held.
func (k *seat) names(v *view) []string {
	seen := map[string]int{}
	for _, t := range v.state.Tracks() {
		seen[t.Taxon] = 1
	}
	return sortedKeys(seen)
}

// counts are the numbers in each frame of each studied taxon: as the machine counted, and as people confirmed. The desk is held.
func (k *seat) counts(v *view) map[string]countsJSON {
	out := map[string]countsJSON{}
	for _, name := range k.Studied() {
		out[name] = countsJSON{make([]int, len(k.Machine.Frames)), v.state.Confirmed(name)}
	}
	for _, t := range k.Run.Tracks {
		c, ok := out[t.Taxon]
		if !ok {
			continue
		}
		for _, p := range t.Points {
			if i, ok := v.state.FrameAt(p.Time); ok {
				c.Machine[i]++
			}
		}
	}
	return out
}

// time turns a frame of a request into the time that verdicts go by.
func (k *seat) time(i int) (count.Seconds, error) {
	if i < 0 || i >= len(k.Machine.Frames) {
		return 0, failf(http.StatusBadRequest, "there is no frame %d: they are 0 to %d", i, len(k.Machine.Frames)-1)
	}
	return count.Seconds(k.Machine.Frames[i].Time), nil
}
