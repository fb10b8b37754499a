package exchange

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// DIVE is the annotation JSON of DIVE: version 2 ({"tracks": {...}, "groups": {...}, "version": 2})
// and the plain map of tracks of before. It is of one video, which it does not name:
// called here as the file without ".json".
//
//   - A feature of a track is a mark. Without "interpolate" nothing is drawn up to the next (Mark.Still); with
//     "keyframe": false it lies between key frames.
//   - Names are the track's confidencePairs, best first. Attributes of a track and of a feature are attributes, notes
//     are attributes "note", fishLength is the attribute "length".
//   - Polygons, their holes and points (head, tail) as in VIAME's CSV; the line from head to tail is not kept where it
//     follows from them. The attribute "rotation" (radians, counter-clockwise) makes the box a rotated one.
//   - A feature without bounds and polygon has no place (WholePic).
//   - groups, meta and all members that are not known are kept as "dive.…", as is begin and end where the features say otherwise.
//
// Written is a file of version 2 for each video, called as the video with ".json".
func DIVE() Format {
	status := statusPlace{marks: true, tracks: true}
	return Format{
		Name: "dive", Title: "DIVE annotation JSON", Many: true,
		Sniff: sniffDIVE,
		Read: status.read(func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error { return readDIVE(in, r, out) })
		}),
		Write: status.write(writeDIVE),
	}
}

func sniffDIVE(name string, head []byte) float64 {
	text := strings.TrimSpace(string(head))
	switch {
	case !strings.HasPrefix(text, "{"):
		return 0
	case strings.Contains(text, `"confidencePairs"`) && strings.Contains(text, `"features"`):
		return 0.95
	case strings.Contains(text, `"confidencePairs"`), strings.Contains(text, `"bounds"`) && strings.Contains(text, `"features"`):
		return 0.8
	case strings.Contains(text, `"tracks"`) && (strings.Contains(text, `"groups"`) || strings.Contains(text, `"version"`)):
		return 0.7
	}
	return 0
}

// diveFile is what is known of the file before its tracks are read.
type diveFile struct {
	plain bool // a map of tracks without anything around it
	video annotate.Media
}

func readDIVE(in Input, file io.Reader, out give) error {
	d, err := lookDIVE(in)
	if err != nil {
		return err
	}
	if err := out(d.video); err != nil {
		return err
	}
	j := openJSON("DIVE JSON", in, file)
	seen := map[string]bool{}
	track := func(key string) error {
		var t diveTrack
		if err := j.value(&t); err != nil {
			return err
		}
		records, err := t.records(key, d.video.Name)
		if err != nil {
			return j.errorf("track %.40q: %w", key, err)
		}
		if id := records[0].(annotate.Track).ID; seen[id] {
			return j.errorf("there are two tracks with the id %s: give each its own", id)
		} else {
			seen[id] = true
		}
		for _, r := range records {
			if err := out(r); err != nil {
				return err
			}
		}
		return nil
	}
	if d.plain {
		err = j.members(track)
	} else {
		err = j.members(func(key string) error {
			if key == "tracks" {
				return j.members(track)
			}
			return j.skip()
		})
	}
	if err != nil {
		return err
	}
	return j.over()
}

// lookDIVE goes through the file once for all but the tracks.
func lookDIVE(in Input) (diveFile, error) {
	d := diveFile{plain: true, video: annotate.Media{Name: withoutExt(in.Name), Video: true, Rate: in.Rate}}
	f, err := in.open()
	if err != nil {
		return d, err
	}
	defer f.Close()
	j := openJSON("DIVE JSON", in, f)
	others, numbered := false, false
	err = j.members(func(key string) error {
		var raw json.RawMessage
		switch {
		case key == "tracks":
			d.plain = false
			return j.skip()
		case isWholeNumber(key):
			numbered = true
			return j.skip()
		default:
			if err := j.value(&raw); err != nil {
				return err
			}
		}
		others = true
		if text := compact(raw); !(key == "groups" && text == "{}" || key == "version" && text == "2") {
			setExtra(&d.video.Extra, "dive."+key, text)
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	if d.plain && others {
		return d, j.errorf(`there is no "tracks": a DIVE annotation file has "tracks", "groups" and "version", or its tracks by their numbers`)
	}
	if !d.plain && numbered {
		return d, j.errorf(`there are tracks beside "tracks": they should be in it`)
	}
	return d, j.over()
}

func isWholeNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// diveTrack and diveFeature are as in DIVE's schema; the members that are not used are in them as they are.
type diveTrack map[string]json.RawMessage

type diveFeature map[string]json.RawMessage

// records are the track and its marks.
func (t diveTrack) records(key, video string) ([]annotate.Record, error) {
	if t == nil {
		return nil, fmt.Errorf("it is null: it should be a track, {...}")
	}
	id, err := t.id(key)
	if err != nil {
		return nil, err
	}
	track := annotate.Track{Media: video, ID: id}
	var pairs [][]any
	if err := field(t, "confidencePairs", &pairs, `pairs ["fish", 0.87]`); err != nil {
		return nil, err
	}
	for _, p := range pairs {
		n, ok := divePair(p)
		if !ok {
			return nil, fmt.Errorf(`confidencePairs hold %.60v: it should be pairs ["fish", 0.87]`, p)
		}
		track.Names = append(track.Names, n)
	}
	slices.SortStableFunc(track.Names, func(a, b annotate.Name) int { return cmp.Compare(b.Score, a.Score) })
	var attributes map[string]json.RawMessage
	if err := field(t, "attributes", &attributes, "an object"); err != nil {
		return nil, err
	}
	track.Attributes = attributesOf(attributes)
	unknownFields(&track.Extra, "dive", t, "id", "trackId", "confidencePairs", "attributes", "features", "begin", "end")
	if track.Extra["dive.meta"] == "{}" {
		delete(track.Extra, "dive.meta")
	}
	var features []diveFeature
	if err := field(t, "features", &features, "a list of features"); err != nil {
		return nil, err
	}
	out := []annotate.Record{track}
	first, last := math.MaxInt, -1
	for i, f := range features {
		m, err := f.mark()
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, err)
		}
		m.Media, m.Track = track.Media, track.ID
		first, last = min(first, m.Frame), max(last, m.Frame)
		out = append(out, m)
	}
	if len(features) == 0 {
		first, last = 0, 0
	}
	for name, usual := range map[string]int{"begin": first, "end": last} {
		if raw, ok := t[name]; ok && compact(raw) != strconv.Itoa(usual) {
			setExtra(&track.Extra, "dive."+name, compact(raw))
		}
	}
	if len(track.Extra) == 0 {
		track.Extra = nil
	}
	out[0] = track
	return out, nil
}

// id is the track's number: its own, or its key in the map.
func (t diveTrack) id(key string) (string, error) {
	number := json.Number(key)
	for _, name := range []string{"trackId", "id"} {
		if raw, ok := t[name]; ok {
			if unmarshal(raw, &number) != nil {
				number = json.Number(compact(raw))
			}
		}
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		return "", fmt.Errorf("its id is %.40q: it should be a whole number", number.String())
	}
	return strconv.FormatInt(n, 10), nil
}

// field decodes a member, which need not be there; want says what it should be.
func field(members map[string]json.RawMessage, name string, v any, want string) error {
	raw, ok := members[name]
	if !ok {
		return nil
	}
	if err := unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s is %.60s: it should be %s", name, raw, want)
	}
	return nil
}

func divePair(p []any) (annotate.Name, bool) {
	if len(p) != 2 {
		return annotate.Name{}, false
	}
	label, ok1 := p[0].(string)
	number, ok2 := p[1].(json.Number)
	score, err := parseNumber(number.String())
	return annotate.Name{Label: label, Score: score, Scored: true}, ok1 && ok2 && err == nil
}
