package annotate

import (
	"errors"
	"testing"
)

// Credited names the author only where the stream names none.
func TestCredited(t *testing.T) {
	list := records(Mark{}, Mark{Origin: Origin{By: "Bo"}}, Sighting{}, Count{}, Length{}, Track{}, Media{})
	var got []string
	for r := range Credited(list, "Ana") {
		switch r := r.(type) {
		case Mark:
			got = append(got, r.Origin.By)
		case Sighting:
			got = append(got, r.Origin.By)
		case Count:
			got = append(got, r.Origin.By)
		case Length:
			got = append(got, r.Origin.By)
		case Track:
			got = append(got, r.Origin.By)
		}
	}
	for i, want := range []string{"Ana", "Bo", "Ana", "Ana", "Ana", "Ana"} {
		if got[i] != want {
			t.Errorf("record %d is by %q, want %q", i, got[i], want)
		}
	}
	for r := range Credited(list, "") {
		if m, ok := r.(Mark); ok && m.Origin.By != "" && m.Origin.By != "Bo" {
			t.Errorf("nobody is called %q", m.Origin.By)
		}
	}
}

func TestChangedMedia(t *testing.T) {
	list := records(Media{Name: "a"}, Media{Name: "b"}, Track{Media: "a", ID: "1"}, Mark{Media: "a"}, Mark{Media: "b"}, Look{Media: "a"}, Look{Media: "c"}, Sighting{Media: "a"})
	var got []string
	for r, err := range ChangedMedia(list, func(m Media) Media {
		if m.Name == "a" {
			m.Name, m.W = "A", 10
		}
		return m
	}) {
		if err != nil {
			t.Fatal(err)
		}
		switch r := r.(type) {
		case Media:
			got = append(got, r.Name)
			if (r.W == 10) != (r.Name == "A") {
				t.Errorf("%+v", r)
			}
		case Track:
			got = append(got, r.Media)
		case Mark:
			got = append(got, r.Media)
		case Look:
			got = append(got, r.Media)
		case Sighting: // a statement names the file as its maker did
			got = append(got, r.Media)
		}
	}
	for i, want := range []string{"A", "b", "A", "A", "b", "A", "c", "a"} {
		if got[i] != want {
			t.Errorf("record %d is of %q, want %q", i, got[i], want)
		}
	}
}

func TestDrawn(t *testing.T) {
	sure, unsure := []Name{{Label: "shark", Score: 1, Scored: true}}, []Name{{Label: "shark", Score: 0.9, Scored: true}}
	list := records(
		Track{Media: "a", ID: "1", Names: unsure}, Track{Media: "a", ID: "2", Names: sure},
		Mark{ID: "of a person"}, Mark{ID: "named", Names: []Name{{Label: "shark"}}}, Mark{ID: "confirmed", Names: sure}, Mark{ID: "proposed", Names: unsure},
		Mark{ID: "of a proposed track", Media: "a", Track: "1"}, Mark{ID: "of another media", Media: "b", Track: "1"},
		Mark{ID: "confirmed, of a proposed track", Media: "a", Track: "1", Names: sure}, Mark{ID: "of a confirmed track", Media: "a", Track: "2"}, Look{Media: "a"})
	left := 0
	for range 2 { // again gives the same
		var got []string
		for r, err := range Drawn(list, &left) {
			if err != nil {
				t.Fatal(err)
			}
			if m, ok := r.(Mark); ok {
				got = append(got, m.ID)
			}
		}
		want := []string{"of a person", "named", "confirmed", "of another media", "confirmed, of a proposed track", "of a confirmed track"}
		if len(got) != len(want) || left != 2 {
			t.Fatalf("%d left out, kept %v", left, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("kept %q, want %q", got[i], want[i])
			}
		}
	}
	broken := errors.New("broken")
	for _, err := range Drawn(func(yield func(Record, error) bool) { yield(nil, broken) }, nil) {
		if !errors.Is(err, broken) {
			t.Errorf("a stream that cannot be read: %v", err)
		}
	}
}
