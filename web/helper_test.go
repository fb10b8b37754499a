package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/track"
	"requin/video"
)

var film struct {
	once sync.Once
	path string
	err  error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "requin-web-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	film.path = filepath.Join(dir, "dive.mp4")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// movie is 20 s of a moving picture of 320x180 in H.264, made once.
func movie(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	film.once.Do(func() {
		out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=20",
			"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-sc_threshold", "0", film.path).CombinedOutput()
		if err != nil {
			film.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if film.err != nil {
		t.Fatal(film.err)
	}
	return film.path
}

// lane is a track that moves 8 pixels a second in a lane of its own.
func lane(id int, name string, lane, from, to int, score float32) track.Track {
	t := track.Track{ID: id, Taxon: name}
	for i := from; i <= to; i++ {
		x := 8 * float64(i)
		t.Points = append(t.Points, track.Point{Instant: frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}},
			Detection: detect.Detection{Box: frame.Box{X0: x, Y0: 40 * float64(lane), X1: x + 40, Y1: 40*float64(lane) + 20}, Taxon: name, Score: score}})
	}
	return t
}

const record = `{"settings":{"every_s":1,"taxa":[{"name":"shark","role":"studied"},{"name":"ray","role":"studied"}],"detector":{"metadata":{
	"requin.calibration":"{\"shark\":{\"kind\":\"platt\",\"slope\":1,\"offset\":0.5,\"right\":50,\"wrong\":50}}"}}}}`

// study is a survey with one counted deployment, dive 1, and one that is not.
func study(t testing.TB, chapter string) *survey.Survey {
	t.Helper()
	ctx := context.Background()
	s, err := survey.Init(ctx, t.TempDir(), "reef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, op := range []string{"dive 1", "dive 2"} {
		d := annotate.Deployment{OpCode: op}
		if op == "dive 1" {
			d.Chapters = []annotate.Chapter{{Path: chapter, W: 320, H: 180, Codec: "h264", Rate: frame.Rational{Num: 10, Den: 1}, Duration: 20 * time.Second}}
		}
		if _, err := s.PutDeployment(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetTaxa(ctx, taxon.List{{Name: "shark", Common: "grey reef shark", Classes: []string{"grey_reef", "4"}}, {Name: "ray"}, {Name: "fish", Role: taxon.Context}}); err != nil {
		t.Fatal(err)
	}
	tally(t, s, "run1", []track.Track{lane(1, "shark", 0, 0, 9, 0.9), lane(2, "shark", 1, 5, 11, 0.6), lane(3, "ray", 2, 6, 12, 0.7), lane(4, "shark", 4, 18, 18, 0.2)})
	return s
}

// tally puts a count of dive 1 into the survey.
func tally(t testing.TB, s *survey.Survey, id string, tracks []track.Track) {
	t.Helper()
	tallyAs(t, s, id, record, tracks)
}

// tallyAs puts in a count that has another record.
func tallyAs(t testing.TB, s *survey.Survey, id, record string, tracks []track.Track) count.Result {
	t.Helper()
	var frames []detect.Frame
	for i := range 20 {
		frames = append(frames, detect.Frame{Instant: frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}}})
	}
	if path := chapterOf(t, s); path != "" { // as the video has them, where there is one
		if f, err := video.Probe(context.Background(), path, frame.Rational{}); err == nil {
			dive := video.Join(f)
			if err := dive.Index(context.Background()); err != nil {
				t.Fatal(err)
			}
			for i := range frames {
				if at, ok := dive.Nearest(frames[i].Time); ok {
					frames[i].Instant = at
				}
			}
		}
	}
	for n := range tracks {
		for k, p := range tracks[n].Points {
			i := int(p.Time / time.Second)
			tracks[n].Points[k].Instant = frames[i].Instant
			frames[i].Detections = append(frames[i].Detections, p.Detection)
		}
	}
	made, err := scan.ReadRecord([]byte(record))
	if err != nil {
		t.Fatal(err)
	}
	measured, err := made.Settings.Measured()
	if err != nil {
		t.Fatal(err)
	}
	outlook, err := measured.Expect(scan.Part{Frames: frames}.Stream())
	if err != nil {
		t.Fatal(err)
	}
	in := count.Input{Tracks: tracks, Taxa: made.Settings.Taxa, Every: time.Second, Duration: 20 * time.Second, Outlook: outlook}
	for _, f := range frames {
		in.Frames = append(in.Frames, f.Instant)
	}
	result, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	err = s.PutRun(context.Background(), survey.Run{ID: id, Kind: survey.CountRun, OpCode: "dive 1", Started: now, Finished: now, Record: json.RawMessage(record), Tracks: tracks, Result: &result,
		Detections: func(yield func(detect.Frame, error) bool) {
			for _, f := range frames {
				if !yield(f, nil) {
					return
				}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// chapterOf is the video of dive 1.
func chapterOf(t testing.TB, s *survey.Survey) string {
	t.Helper()
	all, err := s.Deployments(context.Background())
	if err != nil || len(all) == 0 || len(all[0].Chapters) == 0 {
		t.Fatal(err, all)
	}
	return s.Path(all[0].Chapters[0].Path)
}

// browser is a person at a page.
type browser struct {
	t    testing.TB
	http *http.Client
	base string
	csrf string
}

// serve starts a server and stops it with the test.
func serve(t testing.TB, c Config) (*Server, string) {
	t.Helper()
	if c.Risk == 0 {
		c.Risk = 0.05
	}
	if c.Name == "" {
		c.Name = "anna"
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); s.end() })
	return s, h.URL
}

func newBrowser(t testing.TB, base string) *browser {
	jar, _ := cookiejar.New(nil) // without options it does not fail
	return &browser{t: t, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}, base: base}
}

// enter opens the page with the token.
func enter(t testing.TB, s *Server, base string) *browser {
	t.Helper()
	b := newBrowser(t, base)
	if status, _ := b.do("GET", "/?token="+s.token, ""); status != 200 {
		t.Fatalf("the page with the token: %d", status)
	}
	b.know()
	return b
}

// know reads who one is.
func (b *browser) know() {
	var me struct{ CSRF string }
	b.get("/api/me", &me)
	b.csrf = me.CSRF
}

// do sends a request and gives its status and body. Each of edit changes it before.
func (b *browser) do(method, path, body string, edit ...func(*http.Request)) (int, []byte) {
	b.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, b.base+path, in)
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Requin-CSRF", b.csrf)
	}
	for _, e := range edit {
		e(r)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, text
}

// get reads JSON.
func (b *browser) get(path string, into any) {
	b.t.Helper()
	status, text := b.do("GET", path, "")
	if status != 200 {
		b.t.Fatalf("GET %s: %d %s", path, status, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		b.t.Fatalf("GET %s: %v", path, err)
	}
}

// reviewed is what the tests look at of a track.
type reviewed struct {
	ID, Taxon, State, By string
	P                    float64
	Drawn                bool
	Points               [][]float64
	Keys                 []struct{ Frame int }
}

// deployment is what the tests look at of a deployment.
type deployment struct {
	OpCode string
	Frames []float64
	Tracks []reviewed
	Boxes  []struct {
		ID, Taxon string
		Frame     int
		Box       []float64
	}
	Looked   []int
	Remarks  []struct{ Kind, Taxon string } `json:"frame_verdicts"`
	Taxa     []TaxonState
	Twice    []twiceJSON
	Disputes []DisputeJSON
	Seconds  []secondJSON
	Counts   map[string]struct{ Machine, Confirmed []int }
	Seq      int64
	CanUndo  bool    `json:"can_undo"`
	CanRedo  bool    `json:"can_redo"`
	LockedBy *string `json:"locked_by"`
}

func (d deployment) state(id string) string {
	for _, t := range d.Tracks {
		if t.ID == id {
			return t.State
		}
	}
	return "gone"
}

// post sends a verdict and wants it taken.
func (b *browser) post(path, body string) deployment {
	b.t.Helper()
	status, text := b.do("POST", path, body)
	if status != 200 {
		b.t.Fatalf("POST %s %s: %d %s", path, body, status, text)
	}
	var out struct {
		Seq        int64
		Deployment deployment
	}
	if err := json.Unmarshal(text, &out); err != nil {
		b.t.Fatal(err)
	}
	return out.Deployment
}

const dive1 = "/api/deployments/dive%201"

// refused wants a status and an error that says something.
func (b *browser) refused(want int, method, path, body string, edit ...func(*http.Request)) {
	b.t.Helper()
	status, text := b.do(method, path, body, edit...)
	var e struct{ Error string }
	if status != want || !bytes.Contains(text, []byte("error")) || json.Unmarshal(text, &e) != nil || len(e.Error) < 10 {
		b.t.Errorf("%s %s %.80s: %d %.200s; want %d and why", method, path, body, status, text, want)
	}
}
