package exchange

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/frame"
)

// verifiedAs is what a count of this status rests on; nil for "", a count that people stated.
func verifiedAs(status string) *annotate.Verification {
	model := "starter.onnx 1a2b3c4d5e6f"
	switch status {
	case "":
		return nil
	case "machine":
		return &annotate.Verification{Status: status, Frames: 3600, Basis: "none: the model's file does not say how many animals it misses", Model: model}
	}
	counted := 2.0
	alone := []annotate.Alone{{Name: "Anna Lopez", MaxN: 2}, {Name: "ben", MaxN: 1}}
	return &annotate.Verification{Status: status, Machine: &counted, Risk: 0.031, Limit: 0.05, Looked: 14, Frames: 3600, By: []string{"Anna Lopez", "ben"},
		At: time.Date(2024, 5, 3, 9, 30, 15, 250_000_000, time.UTC), Log: strings.Repeat("ab", 32), Alone: alone, Basis: "none: detectability assumed: the model's file does not say how many animals it misses", Model: model}
}

// surveyAs is a survey that Requin counted, with everything that writers take: a video, two tracks, points, counts. All of it has
// one status; "" is as people state it.
func surveyAs(status string) []annotate.Record {
	lat, lon := -21.5, 114.25
	d := annotate.Deployment{OpCode: "A1", Campaign: "2024-05_X_stereo-BRUVs", Latitude: &lat, Longitude: &lon, DateTime: "2024-05-01T08:18:54+08:00", ObserverCount: "Anna",
		Chapters: []annotate.Chapter{{Path: "L1.mp4", Duration: 70 * time.Minute, Frames: 105000, Rate: frame.Rational{Num: 25, Den: 1}, W: 1920, H: 1080}},
		Periods:  []annotate.Period{{Name: "1", To: time.Hour}}}
	e := d // in which nothing was seen
	e.OpCode, e.Chapters = "A2", nil
	shark := annotate.Species{Family: "Carcharhinidae", Genus: "Carcharhinus", Species: "spp"}
	origin := annotate.Origin{By: "Anna"}
	var extra annotate.Extra
	if status != "" {
		origin = annotate.Origin{By: "Requin 1.2", At: time.Date(2024, 5, 2, 1, 2, 3, 456_000_000, time.UTC), From: annotate.CountOrigin + "7"}
		if status != "machine" { // the origin alone says so
			extra = annotate.Extra{annotate.StatusKey: status}
		}
	}
	out := []annotate.Record{d, e, annotate.Label{Name: "shark"}, annotate.Media{Name: "L1.mp4", Deployment: "A1", Video: true, W: 1920, H: 1080, Rate: frame.Rational{Num: 25, Den: 1}, Frames: 105000}}
	for id := range 2 {
		names := []annotate.Name{{Label: "shark", Score: 0.75, Scored: true}}
		track := fmt.Sprint(id + 1)
		out = append(out, annotate.Track{Media: "L1.mp4", ID: track, Names: names, Origin: origin, Extra: extra})
		for n := range 2 {
			out = append(out, annotate.Mark{Media: "L1.mp4", Track: track, Frame: 25 * n, Time: time.Duration(n) * time.Second, Still: true, Names: names, Origin: origin, Extra: extra,
				Shape: annotate.BoxShape(frame.Box{X0: 192, Y0: 108, X1: 384, Y1: 540})})
		}
	}
	out = append(out, annotate.Sighting{OpCode: "A1", Media: "L1.mp4", Frame: 25, Time: time.Second, Period: "1", PeriodTime: time.Second, Species: shark, Number: 2, Comment: "track 1",
		Shape: annotate.BoxShape(frame.Box{X0: 192, Y0: 108, X1: 384, Y1: 540}), Origin: origin, Extra: extra})
	low, high := 2.0, 4.0
	for _, opcode := range []string{"A1", "A2"} {
		n := annotate.Count{Campaign: d.Campaign, OpCode: opcode, Species: shark, Value: 2, Time: 90*time.Second + 500*time.Millisecond, Verified: verifiedAs(status), Origin: origin}
		if status != "" && status != "machine" {
			n.Low, n.High = &low, &high
		}
		if opcode == "A2" {
			n.Value, n.Time, n.Low, n.High = 0, annotate.None, nil, nil
		}
		out = append(out, n)
	}
	return out
}

// carries is what each format has a place for the status of: marks, sightings, counts.
var carries = map[string]string{
	"coco": "m", "voc": "m", "yolo": "m", "cvat-video": "m", "cvat-images": "m", "labelstudio": "m", "viame": "m", "kw18": "m", "dive": "m", "mot": "m",
	"megadetector": "m", "biigle": "m", "sharktrack": "mc", "csv": "m", "eventmeasure": "s", "checkem": "s", "globalarchive": "c", "camtrapdp": "sc", "obis": "c",
}

// What comes out of a count of Requin's says how far it may be trusted, in every format, or the format lists the loss;
// and it says so again where it is read.
func TestStatusLeavesInEveryFormat(t *testing.T) {
	for _, f := range Formats() {
		if f.Write == nil {
			continue
		}
		place, known := carries[f.Name]
		if !known {
			t.Errorf("%s: does it carry the status?", f.Name)
		}
		for _, status := range append([]string{""}, statuses...) {
			files, records := folderTracks{}, surveyAs(status)
			if f.Name == "sharktrack" { // which counts videos
				records = append(records, annotate.Count{Media: "L1.mp4", Label: "shark", Value: 2, Time: time.Second, Verified: verifiedAs(status)})
			}
			losses, err := f.Write(files, streamTracks(records...), Options{Name: "truth" + map[bool]string{true: ".xml", false: ".json"}[strings.HasPrefix(f.Name, "cvat")], Version: "test"})
			if err != nil {
				t.Fatalf("%s, %s: %v", f.Name, status, err)
			}
			all := ""
			for _, file := range files {
				all += file.String()
			}
			for kind, lost := range map[string]string{"m": "mark", "s": "sighting", "c": "count"} {
				if strings.Contains(place, kind) {
					if strings.Contains(losses.String(), lostStatus(status)) {
						t.Errorf("%s: the status of a %s is lost: %s", f.Name, lost, losses)
					}
				} else if text := losses.String(); status != "" && !strings.Contains(text, "a "+lost) && !strings.Contains(text, "a box or other "+lost) {
					t.Errorf("%s: neither the status of a %s nor a loss of it: %s", f.Name, lost, text)
				}
			}
			words := []string{status, "PredictedByMachine", "ValidatedByHuman"}
			if said := strings.Contains(all, words[0]); status != "" && !said {
				t.Errorf("%s: nothing says %s in\n%.3000s", f.Name, status, all)
			}
			if i := strings.Index(all, statusName); status == "" && (i >= 0 || strings.Contains(all, "count_status") || strings.Contains(all, words[1])) {
				t.Errorf("%s: what people stated has a status\n%.3000s", f.Name, all)
			}
			statusComesBack(t, f, files, place, status)
		}
	}
}

// statusComesBack reads what was written: all marks, sightings and counts have the status.
func statusComesBack(t *testing.T, f Format, files folderTracks, place, status string) {
	t.Helper()
	in := Input{FS: files.fs(t), Name: "."}
	if len(files) == 1 {
		for name := range files {
			in.Name = name
		}
	}
	if f.Name == "mot" {
		in.Name = "L1.mp4"
	}
	in.Size = func(string) (int, int, error) { return 1920, 1080, nil }
	records, err := collectTracks(f.Read(in))
	if err != nil {
		t.Fatalf("%s, %s: %v", f.Name, status, err)
	}
	found := map[string]int{}
	for _, record := range records {
		kind, got := "", ""
		switch r := record.(type) {
		case annotate.Mark:
			if r.Outside {
				continue
			}
			kind, got = "m", r.Extra[annotate.StatusKey]
		case annotate.Sighting:
			kind, got = "s", r.Extra[annotate.StatusKey]
			if want := surveyAs(status)[len(surveyAs(status))-3].(annotate.Sighting).Origin.At; f.Name == "camtrapdp" && !r.Origin.At.Equal(want) {
				t.Errorf("it was seen at %v, want %v", r.Origin.At, want)
			}
			if r.Comment != "track 1" {
				t.Errorf("%s: the comment is %q", f.Name, r.Comment)
			}
		case annotate.Count:
			kind = "c"
			if r.Verified != nil {
				got = r.Verified.Status
			}
			sameVerified(t, f.Name, r, status)
		default:
			continue
		}
		if found[kind]++; got != status {
			t.Errorf("%s: %T came back as %q, want %q", f.Name, record, got, status)
		}
	}
	for _, kind := range place {
		if found[string(kind)] == 0 {
			t.Errorf("%s, %s: nothing of kind %c came back", f.Name, status, kind)
		}
	}
}

func sameVerified(t *testing.T, name string, got annotate.Count, status string) {
	t.Helper()
	if want := verifiedAs(status); !reflect.DeepEqual(got.Verified, want) {
		t.Errorf("%s: %+v\nwant %+v", name, got.Verified, want)
	}
	if status == "" || name == "sharktrack" {
		return
	}
	ends := got.Low != nil && got.High != nil && *got.Low == 2 && *got.High == 4
	if reviewed := status != "machine" && got.Value > 0; ends != reviewed {
		t.Errorf("%s, %s: the interval %v, %v", name, status, got.Low, got.High)
	}
	if at := 90*time.Second + 500*time.Millisecond; got.Value > 0 && got.Time != at {
		t.Errorf("%s: tMaxN is %v", name, got.Time)
	}
	for key := range got.Extra {
		if strings.Contains(key, "identif") || strings.Contains(key, "lassif") || strings.Contains(key, "omments") || strings.Contains(key, "Tags") || strings.Contains(key, "count_") {
			t.Errorf("%s, %s: %s is left: %q", name, status, key, got.Extra[key])
		}
	}
}

// A file that has one place for all says so where not all is the same.
func TestStatusThatDiffers(t *testing.T) {
	records := surveyAs("machine")
	for i, r := range records {
		if m, ok := r.(annotate.Mark); ok && m.Track == "2" {
			m.Extra = annotate.Extra{annotate.StatusKey: "reviewed"}
			records[i] = m
		}
	}
	for _, f := range []Format{YOLO(), MOT(), KW18(), BIIGLE(), LabelStudio()} {
		losses, err := f.Write(folderTracks{}, streamTracks(records...), Options{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		want := lostStatus("reviewed")
		if f.Name == "yolo" || f.Name == "mot" || f.Name == "kw18" {
			want = lostStatus("machine")
		}
		if !strings.Contains(losses.String(), want) {
			t.Errorf("%s: %q is not among the losses\n%s", f.Name, want, losses)
		}
	}
	for _, f := range []Format{COCO(), VIAME(), DIVE(), CVATVideo(), MegaDetector(), SharkTrack(), BoxesCSV()} {
		back, _, losses := backTracks(t, f, streamTracks(records...), "x"+map[bool]string{true: ".xml", false: ".json"}[f.Name == "cvat-video"], Input{Name: "."})
		if strings.Contains(losses.String(), "looked at it") {
			t.Errorf("%s: %s", f.Name, losses)
		}
		got := map[string]int{}
		for _, r := range back {
			if m, ok := r.(annotate.Mark); ok && !m.Outside {
				got[m.Extra[annotate.StatusKey]]++
			}
		}
		if got["machine"] != 2 || got["reviewed"] != 2 || len(got) != 2 {
			t.Errorf("%s: %v, want two of each", f.Name, got)
		}
	}
}

func TestStatusWords(t *testing.T) {
	if statuses[0] != "machine" || !isStatus(string(count.Certified)) || isStatus("Fished") {
		t.Error(statuses)
	}
	for status, want := range map[string]string{"machine": "machine: nobody looked", "certified": "certified: 14 of 3,600 frames looked at by Anna Lopez, ben; detectability assumed"} {
		if got := standing(*verifiedAs(status)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if !annotate.Unlooked(annotate.Count{Verified: &annotate.Verification{Status: string(count.Machine)}}) {
		t.Error("annotate and count call it by two names")
	}
	if got := personsText([]string{"a|b", "c\nd"}); got != "a/b | c d" {
		t.Error(got)
	}
	if row, err := countsIn(t, "opcode,taxon,count,count_status\nA,shark,2,machine\n"); err != nil || row[0].Status != "machine" {
		t.Errorf("%+v %v", row, err)
	}
	if row, err := countsIn(t, "opcode,taxon,count,status\nA,shark,2,No-take\n"); err != nil || row[0].Status != "" {
		t.Errorf("%+v %v", row, err)
	}
}

// What a machine classified in others' packages is a machine's count, too.
func TestOthersMachines(t *testing.T) {
	files := filesCounts(
		"deployments.csv", "deploymentID,latitude,longitude,deploymentStart,deploymentEnd\nd,1,2,2020-03-01T22:00:00Z,2020-03-01T23:00:00Z\n",
		"media.csv", "mediaID,deploymentID,timestamp,filePath,filePublic,fileMediatype\n",
		"observations.csv", "observationID,deploymentID,eventStart,eventEnd,observationLevel,observationType,scientificName,count,classificationMethod,classifiedBy,classificationTimestamp,observationTags\n"+
			"1,d,2020-03-01T22:00:00Z,2020-03-01T23:00:00Z,event,animal,Mola mola,2,machine,MegaDetector V5,2020-08-22T10:25:19Z,risk:high | status:Fished\n"+
			"2,d,2020-03-01T22:00:00Z,2020-03-01T23:00:00Z,event,animal,Mola mola,3,human,Ana,,\n"+
			"3,d,2020-03-01T22:10:00Z,2020-03-01T22:10:00Z,event,animal,Mola mola,1,machine,MegaDetector V5,,metric:sighting\n")
	in := Input{FS: files, Name: "."}
	records, err := readCounts(CamtrapDP().Read(in))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, true} {
		if got := annotate.Unlooked(records[i+1]); got != want {
			t.Errorf("observation %d: nobody looked: %v", i+1, got)
		}
	}
	if c := records[1].(annotate.Count); c.Origin.By != "MegaDetector V5" || c.Extra["camtrapdp.observationTags"] != "risk:high | status:Fished" {
		t.Errorf("%+v", c)
	}
	againCounts(t, CamtrapDP(), in)

	files = filesCounts("event.csv", "eventID,eventDate,decimalLatitude,decimalLongitude\nst1,2020-01-02,-3,40\n",
		"occurrence.csv", "eventID,occurrenceID,scientificName,individualCount,identifiedBy,identificationVerificationStatus,identificationReferences,dateIdentified\n"+
			"st1,a,Galeocerdo cuvier,3,somebody,PredictedByMachine,YOLO v5,2020\nst1,b,Galeocerdo cuvier,3,Ana,ValidatedByHuman,,\n",
		"extendedmeasurementorfact.csv", "eventID,occurrenceID,measurementType,measurementValue\nst1,a,framesSampled,many\n")
	in = Input{FS: files, Name: "."}
	if records, err = readCounts(OBIS().Read(in)); err != nil {
		t.Fatal(err)
	}
	machine, people := records[1].(annotate.Count), records[2].(annotate.Count)
	if !annotate.Unlooked(machine) || machine.Verified.Model != "YOLO v5" || machine.Extra["dwc.identifiedBy"] != "somebody" || machine.Extra["dwc.dateIdentified"] != "2020" {
		t.Errorf("%+v", machine)
	}
	if people.Verified != nil || people.Extra["dwc.identificationVerificationStatus"] != "ValidatedByHuman" {
		t.Errorf("%+v", people)
	}
	back := againOBIS(t, records)
	if got := back[1].(annotate.Count); !reflect.DeepEqual(got.Verified, machine.Verified) || got.Extra["dwc.identifiedBy"] != "somebody" || got.Extra["dwc.dateIdentified"] != "2020" {
		t.Errorf("again: %+v", got)
	}
	if got := back[2].(annotate.Count); got.Verified != nil || got.Extra["dwc.identificationVerificationStatus"] != "ValidatedByHuman" || got.Extra["dwc.identifiedBy"] != "Ana" {
		t.Errorf("again: %+v", got)
	}
}

func againOBIS(t *testing.T, records []annotate.Record) []annotate.Record {
	t.Helper()
	out := &memoryCounts{}
	if _, err := OBIS().Write(out, streamTracks(records...), Options{}); err != nil {
		t.Fatal(err)
	}
	back, err := readCounts(OBIS().Read(Input{FS: out.fs(), Name: "."}))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// What people wrote into columns of these names is theirs; what is not a count of Requin's but says so is an error with its place.
func TestCountStatusColumns(t *testing.T) {
	read := func(text string) ([]annotate.Record, error) {
		return readCounts(GlobalArchive().Read(Input{FS: filesCounts("c_count.csv", text), Name: "c_count.csv"}))
	}
	const head = "campaignid,opcode,family,genus,species,count,count_status,frames_looked_at,count_risk\n"
	records, err := read(head + "c,A,F,G,s,2,done,x,y\nc,B,F,G,s,2,,,\n")
	if err != nil || records[0].(annotate.Count).Verified != nil || records[0].(annotate.Count).Extra["globalarchive.count_status"] != "done" {
		t.Errorf("%+v %v", records, err)
	}
	for row, want := range map[string]string{
		"c,A,F,G,s,2,certified,-1,0.1\n":   `line 2: column frames_looked_at is "-1": it should be a number of frames`,
		"c,A,F,G,s,2,certified,9,1.5\n":    `column risk is "1.5": it should be a chance, 0 to 1`,
		"c,A,F,G,s,2,certified,nine,0.1\n": `"nine"`,
	} {
		if _, err := read(head + row); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", row, err, want)
		}
	}
}

// A deployment in which nothing was seen has one observation in Camtrap DP: it says what is trusted least.
func TestCamtrapZerosOfTwoKinds(t *testing.T) {
	records := surveyAs("certified")
	other := records[len(records)-1].(annotate.Count)
	other.Species.Genus, other.Verified = "Mola", verifiedAs("machine")
	out := folderTracks{}
	losses, err := CamtrapDP().Write(out, streamTracks(append(records, other)...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := out["observations.csv"].String()
	last := text[strings.Index(text, "blank"):]
	if !strings.Contains(last, "countStatus:machine") || strings.Contains(last, "certified") || !strings.Contains(losses.String(), "the status of a zero beside one that is trusted less: 1 times") {
		t.Errorf("%s\n%s", last, losses)
	}
}
