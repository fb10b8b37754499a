package web

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"requin/uncertainty"
)

// A frame in which the machine found nothing is asked for with the boxes hidden, and the number that is given counts as a look.
func TestAnAuditAsksForNumbersFirst(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	k, err := s.desks.at(context.Background(), "dive 1")
	if err != nil {
		t.Fatal(err)
	}
	k.mu.Lock() // as if the draws had led there
	v := k.view("")
	v.assessed["shark"] = assessed{k.observations(v, "shark"), uncertainty.Posterior{Next: []uncertainty.Suggestion{{Frame: 14, Audit: true}, {Frame: 9, Gain: 0.1, Open: 1}}}}
	k.mu.Unlock()
	var list []Next
	if b.get(dive1+"/queue?taxon=shark", &list); len(list) != 2 || !list[0].Audit || list[1].Audit {
		t.Fatalf("an audit and another frame: %+v", list)
	}
	next := list[0]
	if next.Again || len(next.Tracks) != 0 {
		t.Errorf("an audit: %+v", next)
	}
	d := b.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"count","frame":%d,"taxon":"shark","n":1,"blind":true}`, next.Frame))
	if d.Counts["shark"].Confirmed[next.Frame] != 1 || len(d.Seconds) != 0 {
		t.Errorf("one was seen: %v %+v", d.Counts["shark"].Confirmed, d.Seconds)
	}
	var log []logJSON
	b.get(dive1+"/log", &log)
	if text := log[len(log)-1].Text; !strings.HasSuffix(text, "with the boxes hidden") {
		t.Errorf("the log says %q", text)
	}
}

// A frame that was looked at comes again, without boxes; another number asks which is right.
func TestASecondLookIsAskedFor(t *testing.T) {
	s, base := local(t)
	s.Share = 1
	b := enter(t, s, base)
	b.post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`)
	var next Next
	for i := range 6 {
		if b.get(dive1+"/next?taxon=shark", &next); next.Again {
			t.Fatalf("asked again after %d looks", i)
		}
		b.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"looked","frame":%d,"taxa":["shark"]}`, 4+i))
	}
	if b.get(dive1+"/next?taxon=shark", &next); !next.Again || next.Frame != 4 || next.Done {
		t.Fatalf("after six looks: %+v", next)
	}
	d := b.post(dive1+"/verdicts", `{"kind":"count","frame":4,"taxon":"shark","n":2,"blind":true,"again":true}`)
	if len(d.Seconds) != 1 || d.Seconds[0].First != 1 || d.Seconds[0].Second != 2 || d.Counts["shark"].Confirmed[4] != 1 {
		t.Errorf("a second number: %+v", d.Seconds)
	}
	if b.get(dive1+"/next?taxon=shark", &next); next.Again {
		t.Errorf("asked a third time: %+v", next)
	}
	d = b.post(dive1+"/verdicts", `{"kind":"count","frame":4,"taxon":"shark","n":2,"again":true}`)
	if len(d.Seconds) != 0 || d.Counts["shark"].Confirmed[4] != 2 {
		t.Errorf("two is right: %+v", d.Counts["shark"].Confirmed)
	}
	s.Share = 0
	b.post(dive1+"/verdicts", `{"kind":"looked","frame":12,"taxa":["shark"]}`)
	if b.get(dive1+"/next?taxon=shark", &next); next.Again {
		t.Errorf("no second looks are wanted: %+v", next)
	}
}
