package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"requin/track"
)

func TestAWholeReview(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	var list []DeploymentState
	b.get("/api/deployments", &list)
	if len(list) != 2 || list[0].State != "open" || list[1].State != "not counted" || len(list[0].Taxa) != 2 || *list[0].Taxa[0].Machine != 2 {
		t.Fatalf("deployments: %+v", list)
	}
	if !list[0].Taxa[0].Calibrated || list[0].Taxa[1].Calibrated || list[0].Taxa[0].Measured {
		t.Errorf("what the model's file says of its scores: %+v", list[0].Taxa)
	}
	var taxa []taxonJSON
	b.get("/api/taxa", &taxa)
	if len(taxa) != 3 || taxa[0].Key != 1 || !slices.Equal(taxa[0].Synonyms, []string{"grey_reef"}) || taxa[2].Studied {
		t.Errorf("taxa: %+v", taxa)
	}
	for n := 0; ; n++ { // a reviewer who knows that t1 and t2 are sharks, and all else is none
		var next Next
		b.get(dive1+"/next?taxon=shark", &next)
		if next.Done {
			break
		}
		if next.Frame < 0 || n > 20 {
			t.Fatalf("after %d frames: %+v", n, next)
		}
		for _, id := range next.Tracks {
			if id == "t1" || id == "t2" {
				b.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"accept","track":%q}`, id))
			}
		}
		b.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"looked","frame":%d,"taxa":["shark"],"seen_s":2}`, next.Frame))
	}
	var d deployment
	b.get(dive1, &d)
	if !d.Taxa[0].Certified || d.Taxa[0].Confirmed != 2 || !strings.HasPrefix(d.Taxa[0].Statement, "MaxN 2 among the 20 frames sampled one a second; chance of more under 5 %; ") || !strings.Contains(d.Taxa[0].Statement, " frames looked at by one reader") {
		t.Errorf("sharks: %+v", d.Taxa[0])
	}
	if len(d.Counts["shark"].Machine) != 20 || d.Counts["shark"].Machine[6] != 2 || d.Counts["shark"].Confirmed[6] != 2 || d.Counts["shark"].Confirmed[18] != 0 {
		t.Errorf("counts %+v", d.Counts["shark"])
	}
	for d.CanUndo {
		d = b.post(dive1+"/undo", "{}")
	}
	if d.Taxa[0].Certified || d.state("t1") != "open" || len(d.Looked) != 0 || !d.CanRedo {
		t.Errorf("after undoing everything: %+v", d.Taxa)
	}
	b.refused(http.StatusConflict, "POST", dive1+"/undo", "{}")
	for d.CanRedo {
		d = b.post(dive1+"/redo", "{}")
	}
	if !d.Taxa[0].Certified {
		t.Errorf("after redoing everything: %+v", d.Taxa[0])
	}
	again, err := Status(context.Background(), s.Survey, nil, 0.05) // by another process, from the disk
	if err != nil || !again[0].Taxa[0].Certified || again[0].Taxa[0].Statement != d.Taxa[0].Statement {
		t.Errorf("status: %+v %v", again, err)
	}
	var log []logJSON
	b.get(dive1+"/log", &log)
	if len(log) != int(d.Seq) || log[0].Text != "accepted t1 as shark" && log[0].Text != "accepted t2 as shark" || !log[len(log)-1].After.Reconciled && log[len(log)-1].Kind != "redo" {
		t.Errorf("the log begins with %+v", log[0])
	}
}

func TestEveryKindOfVerdict(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	for _, body := range []string{
		`{"kind":"relabel","track":"t3","taxon":"shark"}`, `{"kind":"unsure","track":"t4"}`, `{"kind":"flag","track":"t4","note":"?"}`, `{"kind":"unflag","track":"t4"}`, `{"kind":"flag","frame":3,"note":"turbid"}`,
		`{"kind":"add","frame":19,"taxon":"ray","box":[10,10,60,50]}`, `{"kind":"edit","box_id":"b6","box":[12,10,60,50]}`, `{"kind":"split","track":"t2","frame":8}`, `{"kind":"merge","track":"t2","with":"s8"}`,
		`{"kind":"count","frame":18,"taxon":"ray","n":3}`, `{"kind":"note","frame":18,"text":"a crowd"}`, `{"kind":"edit","track":"t1","frame":4,"box":[30,2,70,22]}`, `{"kind":"add","track":"t1","frame":12,"box":[96,0,136,20]}`,
	} {
		b.post(dive1+"/verdicts", body)
	}
	d := b.post("/api/annotate/dive%201/keyframes", `{"taxon":"ray","keys":[{"frame":13,"box":[200,100,240,130]},{"frame":16,"box":[230,100,270,130]},{"frame":17,"outside":true}]}`)
	var remarks []string
	for _, r := range d.Remarks {
		remarks = append(remarks, r.Kind)
	}
	if !slices.Equal(remarks, []string{"flag", "count", "note"}) {
		t.Errorf("frames: %v", remarks)
	}
	if len(d.Boxes) != 1 || d.Boxes[0].ID != "b6" || d.Boxes[0].Box[0] != 12 {
		t.Errorf("boxes: %+v", d.Boxes)
	}
	i := slices.IndexFunc(d.Tracks, func(x reviewed) bool { return x.Drawn })
	if i < 0 || len(d.Tracks[i].Keys) != 3 || len(d.Tracks[i].Points) != 4 || d.Tracks[i].Points[1][1] != 210 {
		t.Fatalf("the drawn track: %+v", d.Tracks)
	}
	id := d.Tracks[i].ID
	if d = b.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"delete","box_id":%q}`, id)); d.state(id) != "gone" || d.state("t1") == "gone" {
		t.Errorf("%s was deleted, and is %s", id, d.state(id))
	}
	if got := d.Counts["ray"].Confirmed; got[18] != 3 || got[19] != 1 || got[14] != 0 {
		t.Errorf("rays %v", got)
	}
}

func TestTwoPeople(t *testing.T) {
	s, base := local(t)
	anna := enter(t, s, base)
	s.Name = "ben"
	ben := enter(t, s, base)
	anna.post(dive1+"/verdicts", `{"kind":"accept","track":"t1","seq":0}`)
	ben.refused(http.StatusConflict, "POST", dive1+"/verdicts", `{"kind":"reject","track":"t1","seq":0}`)
	d := ben.post(dive1+"/verdicts", `{"kind":"reject","track":"t2","seq":0}`)
	if d.state("t1") != "accepted" || d.state("t2") != "rejected" {
		t.Errorf("ben sees t1 %s and t2 %s", d.state("t1"), d.state("t2"))
	}
	d = ben.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"reject","track":"t1","seq":%d}`, d.Seq))
	if !d.CanUndo || d.state("t1") != "rejected" {
		t.Errorf("%+v", d)
	}
	if d = ben.post(dive1+"/undo", "{}"); d.state("t1") != "accepted" {
		t.Errorf("ben took back what he said, and t1 is %s", d.state("t1"))
	}
	ben.post(dive1+"/redo", "{}")
	var agreement Agreement
	anna.get("/api/agreement", &agreement)
	if len(agreement.Pairs) != 1 || agreement.Pairs[0].N != 1 || *agreement.Pairs[0].Percent != 0 || len(agreement.Disagreements) != 1 || agreement.Disagreements[0].B.Kind != "rejected" {
		t.Errorf("%+v", agreement)
	}
	if d = anna.post("/api/reconcile", `{"opcode":"dive 1","track":"t1","kind":"accept"}`); d.state("t1") != "accepted" {
		t.Errorf("reconciled, t1 is %s", d.state("t1"))
	}
	ben.refused(http.StatusBadRequest, "POST", dive1+"/verdicts", `{"kind":"reject","track":"t1"}`)
	for _, who := range []*browser{anna, ben} {
		if status, _ := who.do("POST", "/api/presence", `{"opcode":"dive 1"}`); status != http.StatusNoContent {
			t.Errorf("presence: %d", status)
		}
	}
	ben.get(dive1, &d)
	if d.LockedBy == nil || *d.LockedBy != "anna" {
		t.Errorf("for ben it is held by %v", d.LockedBy)
	}
	if anna.get(dive1, &d); d.LockedBy != nil {
		t.Errorf("for anna, who came first, it is held by %v", *d.LockedBy)
	}
}

// TestSentTwiceIsKeptOnce: a page that did not hear the answer sends again.
func TestSentTwiceIsKeptOnce(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	for range 2 {
		b.post(dive1+"/verdicts", `{"kind":"add","frame":19,"taxon":"shark","box":[10,10,60,50],"nonce":"x1"}`)
	}
	b.post(dive1+"/verdicts", `{"kind":"accept","track":"t1","nonce":"x2"}`)
	d := b.post(dive1+"/undo", `{"nonce":"x3"}`)
	if d = b.post(dive1+"/undo", `{"nonce":"x3"}`); d.Seq != 3 || len(d.Boxes) != 1 || d.state("t1") != "open" {
		t.Errorf("verdict %d, %d boxes, t1 %s", d.Seq, len(d.Boxes), d.state("t1"))
	}
}

func TestBlind(t *testing.T) {
	s, base := serve(t, Config{Survey: study(t, "none.mp4"), Blind: true})
	anna := enter(t, s, base)
	s.Name = "ben"
	ben := enter(t, s, base)
	anna.post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`)
	anna.post(dive1+"/verdicts", `{"kind":"add","frame":19,"taxon":"shark","box":[10,10,60,50]}`)
	d := ben.post(dive1+"/verdicts", `{"kind":"reject","track":"t2","seq":0}`)
	if d.state("t1") != "open" || d.state("t2") != "rejected" || len(d.Boxes) != 0 {
		t.Errorf("ben sees anna's verdicts: t1 %s, boxes %v", d.state("t1"), d.Boxes)
	}
	var log []logJSON
	if ben.get(dive1+"/log", &log); len(log) != 1 || log[0].By != "ben" {
		t.Errorf("ben sees the log %+v", log)
	}
	var list []DeploymentState
	if ben.get("/api/deployments", &list); !slices.Equal(list[0].Reviewers, []string{"ben"}) {
		t.Errorf("ben sees the reviewers %v", list[0].Reviewers)
	}
	ben.refused(http.StatusForbidden, "GET", "/api/agreement", "")
	ben.refused(http.StatusForbidden, "POST", "/api/reconcile", `{"opcode":"dive 1","track":"t1","kind":"accept"}`)
}

// TestTwoProcesses has two servers on one survey: each sees what the other keeps, and no verdict is lost.
func TestTwoProcesses(t *testing.T) {
	one, base1 := local(t)
	two, base2 := serve(t, Config{Survey: one.Survey, Name: "ben"})
	anna, ben := enter(t, one, base1), enter(t, two, base2)
	var d deployment
	ben.get(dive1, &d)
	done := make(chan bool)
	go func() {
		for i := range 10 {
			anna.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"note","frame":%d,"text":"x"}`, i))
		}
		close(done)
	}()
	for i := range 10 {
		ben.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"note","frame":%d,"text":"y"}`, i))
	}
	<-done
	anna.get(dive1, &d)
	var e deployment
	ben.get(dive1, &e)
	if len(d.Remarks) != 20 || len(e.Remarks) != 20 || d.Seq != 20 {
		t.Errorf("anna sees %d notes, ben %d", len(d.Remarks), len(e.Remarks))
	}
}

// TestEvents starts a server as the command does, and wants to hear what another process keeps.
func TestEvents(t *testing.T) {
	s, err := New(Config{Survey: study(t, "none.mp4"), Risk: 0.05, Name: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	base := "http://" + l.Addr().String()
	if !strings.HasPrefix(s.URL(l.Addr()), base+"/?token=") {
		t.Errorf("it says that it is at %s", s.URL(l.Addr()))
	}
	b := enter(t, s, base)
	answer, err := b.http.Get(base + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	other, base2 := serve(t, Config{Survey: s.Survey, Name: "ben"})
	enter(t, other, base2).post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`)
	b.post(dive1+"/verdicts", `{"kind":"accept","track":"t2"}`)
	lines := bufio.NewScanner(answer.Body)
	heard := map[string]int{}
	for lines.Scan() && len(heard) < 2 {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && strings.Contains(data, "seq") {
			heard[data]++
		}
	}
	for _, want := range []string{`{"by":"ben","opcode":"dive 1","seq":1}`, `{"by":"anna","opcode":"dive 1","seq":2}`} {
		if heard[want] != 1 {
			t.Errorf("heard %v, want %s once", heard, want)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(8 * time.Second):
		t.Error("it does not end")
	}
}

func TestHumanLabelsSurviveANewCount(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	b.post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`)
	b.post(dive1+"/verdicts", `{"kind":"relabel","track":"t3","taxon":"shark"}`)
	tally(t, s.Survey, "run2", []track.Track{lane(1, "shark", 1, 5, 11, 0.9), lane(2, "ray", 2, 6, 12, 0.4)}) // the new model misses t1, and numbers anew
	var d deployment
	b.get(dive1, &d)
	if d.state("t2") != "accepted" || d.state("t1") != "open" || d.state("o1") != "accepted" {
		t.Errorf("the ray that was named a shark is %s, the other %s, the one that is missing %s", d.state("t2"), d.state("t1"), d.state("o1"))
	}
	if got := d.Counts["shark"].Confirmed; got[1] != 1 || got[6] != 2 || got[10] != 1 || got[13] != 0 {
		t.Errorf("confirmed %v", got)
	}
}

func TestPicturesAndClips(t *testing.T) {
	path := movie(t)
	s, base := serve(t, Config{Survey: study(t, path)})
	b := enter(t, s, base)
	status, text := b.do("GET", dive1+"/frames/7.jpg?w=161", "")
	img, err := jpeg.Decode(bytes.NewReader(text))
	if status != 200 || err != nil || img.Bounds().Dx() != 320 {
		t.Fatalf("a picture: %d %v", status, err)
	}
	answer, err := b.http.Get(base + dive1 + "/frames/7.jpg?w=320")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	tag := answer.Header.Get("ETag")
	if status, _ := b.do("GET", dive1+"/frames/7.jpg?w=320", "", func(r *http.Request) { r.Header.Set("If-None-Match", tag) }); status != http.StatusNotModified || tag == "" {
		t.Errorf("the same picture again: %d, ETag %q", status, tag)
	}
	for _, w := range []string{"0", "-5", "99999", "x"} {
		b.refused(http.StatusBadRequest, "GET", dive1+"/frames/7.jpg?w="+w, "")
	}
	for _, q := range []string{"", "at=-1", "at=x", "at=NaN", "at=3&length=0", "at=3&length=9999"} {
		b.refused(http.StatusBadRequest, "GET", dive1+"/clip.mp4?"+q, "")
	}
	r, _ := http.NewRequest("GET", base+dive1+"/clip.mp4?at=10&length=4", nil)
	r.Header.Set("Range", "bytes=4-7")
	if answer, err = b.http.Do(r); err != nil {
		t.Fatal(err)
	}
	var part [4]byte
	_, err = answer.Body.Read(part[:])
	answer.Body.Close()
	from, parseErr := strconv.ParseFloat(answer.Header.Get("X-Requin-From"), 64)
	if answer.StatusCode != http.StatusPartialContent || string(part[:]) != "ftyp" || parseErr != nil || from != 8 {
		t.Errorf("a part of a clip: %d %q %v, from %v", answer.StatusCode, part, err, from)
	}
	made, _ := os.ReadDir(filepath.Join(s.Survey.Folder(), "cache", "clips"))
	if len(made) != 1 || !strings.HasSuffix(made[0].Name(), ".mp4") {
		t.Errorf("the cache holds %v", made)
	}
	var next Next
	b.get(dive1+"/next?taxon=shark", &next) // the picture of the frame that is suggested is made ahead
	until := time.Now().Add(10 * time.Second)
	for ahead := false; !ahead; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the picture of frame %d was not made ahead", next.Frame)
		}
		k, err := s.desks.at(context.Background(), "dive 1")
		if err != nil {
			t.Fatal(err)
		}
		dive, err := k.video(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		at, _ := k.instant(dive, next.Frame)
		s.pictures.mu.Lock()
		width := s.pictures.width
		s.pictures.mu.Unlock()
		_, ahead = s.pictures.load(k.pictureKey(dive, at, width))
	}
}

func TestVideoThatIsGone(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	b.refused(http.StatusNotFound, "GET", dive1+"/frames/7.jpg", "")
	b.refused(http.StatusNotFound, "GET", dive1+"/clip.mp4?at=3", "")
	b.refused(http.StatusConflict, "GET", "/api/deployments/dive%202", "")
	b.refused(http.StatusNotFound, "GET", "/api/deployments/dive%203", "")
	b.refused(http.StatusNotFound, "GET", "/api/nothing", "")
}

func TestNextInTimeAndBack(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	at := func(query string) int {
		var n Next
		b.get(dive1+"/next?taxon=shark&"+query, &n)
		return n.Frame
	}
	if got := []int{at("by=time"), at("by=time&after=11"), at("by=time&after=18"), at("by=time&after=18&back=1"), at("by=time&after=0&back=1")}; !slices.Equal(got, []int{0, 18, -1, 11, -1}) {
		t.Errorf("in time: %v", got)
	}
	b.post(dive1+"/verdicts", `{"kind":"note","frame":3,"text":"x"}`)
	b.post(dive1+"/verdicts", `{"kind":"note","frame":11,"text":"x"}`)
	if got := []int{at("back=1&after=15"), at("back=1&after=11"), at("back=1&after=3")}; !slices.Equal(got, []int{11, 3, -1}) {
		t.Errorf("back: %v", got)
	}
	var list []Next
	if b.get(dive1+"/queue?taxon=shark&n=3", &list); len(list) == 0 || len(list) > 3 || list[0].Frame != at("") {
		t.Errorf("queue %+v", list)
	}
	b.refused(http.StatusBadRequest, "GET", dive1+"/next?taxon=whale", "")
	b.refused(http.StatusBadRequest, "GET", dive1+"/next?taxon=shark&after=20", "")
	b.refused(http.StatusBadRequest, "GET", dive1+"/queue?taxon=shark&n=1000", "")
}

func TestSuggestions(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	var out []lessonJSON
	b.get("/api/annotate/suggest?n=2", &out)
	if len(out) == 0 || len(out) > 2 || out[0].OpCode != "dive 1" || out[0].Reason == "" {
		t.Errorf("%+v", out)
	}
	b.refused(http.StatusBadRequest, "GET", "/api/annotate/suggest?n=0", "")
	named := ""
	s.Dataset = func(_ context.Context, name string) (string, error) { named = name; return "built", nil }
	status, text := b.do("POST", "/api/dataset", `{"name":"sharks-2026"}`)
	var answer map[string]string
	if status != 200 || json.Unmarshal(text, &answer) != nil || answer["message"] != "built" || named != "sharks-2026" {
		t.Errorf("%d %s", status, text)
	}
}

func TestAskRecords(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	b.refused(http.StatusNotImplemented, "GET", "/api/ask?q=why", "")
	s.Questions = []string{"Which hardware was used?"}
	s.Ask = func(_ context.Context, question string) (any, error) {
		return map[string]string{"answer": "of " + question}, nil
	}
	var list []string
	if b.get("/api/questions", &list); len(list) != 1 {
		t.Errorf("%q", list)
	}
	var answer map[string]string
	if b.get("/api/ask?q=which+hardware", &answer); answer["answer"] != "of which hardware" {
		t.Errorf("%v", answer)
	}
	for _, bad := range []string{"/api/ask", "/api/ask?q=%ff", "/api/ask?q=" + strings.Repeat("a", 501)} {
		b.refused(http.StatusBadRequest, "GET", bad, "")
	}
}
