package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"requin/count"
	"requin/desk"
	"requin/frame"
	"requin/review"
	"requin/taxon"
	"requin/track"
)

// BenchmarkBusyHour is a verdict, and what the page is told then, in an hour of 3,600 frames and 2,000 tracks.
func BenchmarkBusyHour(b *testing.B) {
	sv := study(b, "none.mp4")
	var tracks []track.Track
	for i := range 2000 {
		from := i * 3580 / 2000
		tracks = append(tracks, lane(i+1, "shark", i%40, from, from+15, 0.1+float32(i%9)/12))
	}
	k := &seat{Desk: &desk.Desk{Taxa: taxon.List{{Name: "shark"}}}, survey: sv, risk: 0.05, opcode: "dive 1", views: map[string]*view{}}
	k.Machine = review.Machine{Run: "x", Tracks: tracks}
	for i := range 3600 {
		k.Machine.Frames = append(k.Machine.Frames, frame.Instant{Time: time.Duration(i) * time.Second})
	}
	k.Run.Result = &count.Result{Taxa: []count.Taxon{{Name: "shark"}}}
	k.Run.Tracks = tracks
	s := &Server{Config: Config{Survey: sv, Risk: 0.05}, events: newHub()}
	who := &session{name: "anna"}
	ctx := context.Background()
	say := func(i int) {
		kind := review.Accept
		if i%2 == 0 {
			kind = review.Reject
		}
		if _, err := k.say(ctx, "", review.Verdict{Kind: kind, By: "anna", Said: review.Said{Track: fmt.Sprintf("t%d", 1+i%2000)}}, -1); err != nil {
			b.Fatal(err)
		}
	}
	say(0)
	b.Run("keep", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			say(i)
		}
	})
	b.Run("assess", func(b *testing.B) {
		for b.Loop() {
			k.view("").assessed = map[string]assessed{}
			k.assess(k.view(""), "shark")
		}
	})
	b.Run("describe", func(b *testing.B) {
		for b.Loop() {
			out, err := s.describe(k, who)
			if err != nil {
				b.Fatal(err)
			}
			if err := give(httptest.NewRecorder(), out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			review.Replay(k.Machine, k.Log)
		}
	})
}
