package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTheSameAnimal(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	var d deployment
	b.get(dive1, &d)
	if d.Twice == nil || len(d.Twice) != 0 || d.Taxa[0].Status != "machine" || d.Taxa[0].Twice != 0 {
		t.Fatalf("nobody has said anything, and %+v, %+v", d.Twice, d.Taxa[0])
	}
	b.post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`)
	d = b.post(dive1+"/verdicts", `{"kind":"add","frame":4,"taxon":"shark","box":[32,4,72,24]}`) // on t1, 4 pixels lower: IoU 16/24
	want := []twiceJSON{{"t1", "b2", 4, 1, 0.667, "shark"}}
	if !slices.Equal(d.Twice, want) || d.Taxa[0].Twice != 1 || d.Taxa[1].Twice != 0 || d.Taxa[0].Status != "reviewed" || d.Taxa[1].Status != "machine" {
		t.Fatalf("asked about %+v, want %+v; %+v", d.Twice, want, d.Taxa)
	}
	d = b.post(dive1+"/verdicts", `{"kind":"apart","track":"t1","with":"b2"}`)
	if len(d.Twice) != 0 || d.Taxa[0].Twice != 0 || d.Counts["shark"].Confirmed[4] != 2 {
		t.Errorf("set apart: %+v, %v", d.Twice, d.Counts["shark"].Confirmed)
	}
	if d = b.post(dive1+"/undo", "{}"); !slices.Equal(d.Twice, want) {
		t.Errorf("taken back: %+v", d.Twice)
	}
	status, err := Status(context.Background(), s.Survey, nil, 0.05)
	if err != nil || !strings.HasSuffix(status[0].Taxa[0].Told(), "; may count one animal twice") {
		t.Errorf("told: %+v %v", status, err)
	}
	d = b.post(dive1+"/verdicts", `{"kind":"merge","track":"t1","with":"b2"}`)
	if len(d.Twice) != 0 || d.Counts["shark"].Confirmed[4] != 1 {
		t.Errorf("merged: %+v, %v", d.Twice, d.Counts["shark"].Confirmed)
	}
	for _, body := range []string{`{"kind":"apart","track":"t1"}`, `{"kind":"apart","track":"t1","with":"t1"}`, `{"kind":"apart","track":"t1","with":"b2"}`, `{"kind":"apart","track":"t9","with":"t1"}`} {
		b.refused(http.StatusBadRequest, "POST", dive1+"/verdicts", body)
	}
}

func TestADisputedTaxonHasNoCertificate(t *testing.T) {
	s, base := local(t)
	anna := enter(t, s, base)
	for _, id := range []string{"t1", "t2"} {
		anna.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"accept","track":%q}`, id))
	}
	var d deployment
	for i := range 20 {
		d = anna.post(dive1+"/verdicts", fmt.Sprintf(`{"kind":"looked","frame":%d,"taxa":["shark"]}`, i))
	}
	if x := d.Taxa[0]; x.Status != "certified" || !x.Certified {
		t.Fatalf("all frames were looked at, and %+v", x)
	}
	s.Name = "ben"
	ben := enter(t, s, base)
	d = ben.post(dive1+"/verdicts", `{"kind":"reject","track":"t4"}`) // as anna's looks did
	if x := d.Taxa[0]; x.Status != "certified" {
		t.Errorf("they agree, and %+v", x)
	}
	d = ben.post(dive1+"/verdicts", `{"kind":"reject","track":"t2"}`)
	if x := d.Taxa[0]; x.Status != "disputed" || x.Certified || !strings.Contains(x.Statement, "not certified") || !strings.Contains(x.Told(), "contradict") {
		t.Errorf("they contradict each other, and %+v", x)
	}
	var list []DeploymentState
	ben.get("/api/deployments", &list)
	if list[0].State != "disputed" || list[0].Taxa[0].Status != "disputed" || len(list[0].Disputes) != 1 || len(list[0].Taxa[0].Observers) != 2 {
		t.Errorf("in the list: %+v", list[0])
	}
	status, err := Status(context.Background(), s.Survey, nil, 0.05)
	if err != nil || status[0].Taxa[0].Status != "disputed" || status[0].Taxa[0].Certified {
		t.Errorf("by another process: %+v %v", status, err)
	}
	var next Next
	if ben.get(dive1+"/next?taxon=shark", &next); next.Done || next.Frame != 8 || !strings.Contains(next.Reason, "anna says shark, ben says rejected") {
		t.Errorf("led to %+v", next)
	}
	s.Blind = true // each by their own verdicts alone: that there is a dispute is all that is told, and of the certificate alone
	anna.get(dive1, &d)
	if x := d.Taxa[0]; x.Status != "disputed" || x.Certified || len(d.Disputes) != 0 || x.Looked != 20 {
		t.Errorf("blind, anna has %+v, %+v", x, d.Disputes)
	}
	if anna.get(dive1+"/next?taxon=shark", &next); next.Done || next.Frame != -1 || !strings.Contains(next.Reason, "to be settled first") {
		t.Errorf("blind, anna is led to %+v", next)
	}
	if ben.get(dive1, &d); d.Taxa[0].Status != "reviewed" {
		t.Errorf("blind, ben still has to look, and hears of a dispute: %+v", d.Taxa[0])
	}
	s.Blind = false
	ben.post("/api/reconcile", `{"opcode":"dive 1","track":"t2","kind":"accept"}`)
	if ben.get(dive1, &d); d.Taxa[0].Status != "certified" || !d.Taxa[0].Certified {
		t.Errorf("settled, and %+v", d.Taxa[0])
	}
	if ben.get(dive1+"/next?taxon=shark", &next); !next.Done || len(d.Disputes) != 0 {
		t.Errorf("settled, and %+v", next)
	}
}
