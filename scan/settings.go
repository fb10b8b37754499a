package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
	"requin/video"
)

// SettingsVersion is the version of the settings' form. It changes when a field changes its meaning, not when one is added.
const SettingsVersion = 1

// Settings are everything that the count of a deployment follows from, but for its files: "settings" in the record of a
// run (docs/formats/run-folder.md). Fields stand in the order of their names in JSON.
type Settings struct {
	Between  *Between       `json:"between,omitempty"` // a denser look at some stretches; nil: none
	Detector detect.Card    `json:"detector,omitzero"` // how the model's file was understood
	Device   string         `json:"device"`            // that ran it: cpu or cuda
	Every    count.Seconds  `json:"every_s"`           // the sampling interval
	Hash     bool           `json:"hash"`              // the videos' SHA-256 was asked for
	Interval count.Seconds  `json:"interval_s"`        // that MaxN is also given for
	Period   Period         `json:"period"`            // that counts
	Rate     frame.Rational `json:"rate"`              // images a second, of a folder of images; 0/0 where nobody said
	Taxa     taxon.List     `json:"taxa,omitempty"`    // with their thresholds
	Threads  int            `json:"threads"`           // 0: one for each core, at most 8
	Tracker  track.Config   `json:"tracker"`
	Version  int            `json:"version,omitempty"` // SettingsVersion; 0, in records of before there was one, is 1
}

// Default are the settings where nobody says otherwise. Taxa and detector are the model's: they are left open.
func Default() Settings {
	return Settings{Device: "cpu", Every: count.Seconds(time.Second), Hash: true, Interval: count.Seconds(count.DefaultInterval), Tracker: track.Default()}
}

// Period is a frame.Period that is written as people write it: "2m30s..62m30s".
type Period frame.Period

// MarshalText writes it.
func (p Period) MarshalText() ([]byte, error) { return []byte(frame.Period(p).String()), nil }

// UnmarshalText reads it.
func (p *Period) UnmarshalText(text []byte) error {
	read, err := frame.ParsePeriod(string(text))
	*p = Period(read)
	return err
}

// Sampling says which pictures are looked at.
func (s Settings) Sampling() frame.Sampling {
	return frame.Sampling{Every: s.Every.Duration(), Period: frame.Period(s.Period)}
}

// Bare are the settings without what the model's file says of how well it sees. From them follows what it
// saw, the same on every machine, and no uncertainty.
func (s Settings) Bare() Settings {
	s.Detector.Metadata = nil
	return s
}

// Key stands for all that a deployment's count depends on: the program's version, the settings but for the number of threads,
// and the SHA-256 of model and videos. The order of the settings' fields does not matter to it.
func (s Settings) Key(version, model string, videos []string) (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	settings := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &settings); err != nil {
		return "", err
	}
	delete(settings, "threads")
	delete(settings, "version") // of the form alone
	key, err := json.Marshal(map[string]any{"requin": version, "settings": settings, "model": model, "videos": videos})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:]), nil
}

// Outcome is what came of a count: "outcome" in the record of a run. Fields stand in the order of their names in JSON.
type Outcome struct {
	Between    *count.Between        `json:"between,omitempty"` // what a denser look at some stretches tells; nil: nobody asked
	Counts     count.Result          `json:"counts"`
	Detections int                   `json:"detections"`     // in all frames that were looked at
	Gaps       Gaps                  `json:"gaps"`           // of the whole deployment
	How        map[string]video.Mode `json:"how"`            // the pictures of each file were had
	Scan       map[string]string     `json:"scan,omitempty"` // of files that are not progressive: interlaced, and what was made of it
	Tracks     int                   `json:"tracks"`
	Warnings   []string              `json:"warnings"`
}

// Gaps are gaps whose times are written in seconds.
type Gaps []frame.Gap

// gap is one of them.
type gap struct {
	From   count.Seconds `json:"from_s"`
	To     count.Seconds `json:"to_s"`
	Reason string        `json:"reason"`
}

// MarshalJSON writes a list, empty where there is no gap.
func (g Gaps) MarshalJSON() ([]byte, error) {
	out := []gap{}
	for _, x := range g {
		out = append(out, gap{count.Seconds(x.From), count.Seconds(x.To), x.Reason})
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads it.
func (g *Gaps) UnmarshalJSON(text []byte) error {
	var list []gap
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*g = nil
	for _, x := range list {
		*g = append(*g, frame.Gap{From: x.From.Duration(), To: x.To.Duration(), Reason: x.Reason})
	}
	return nil
}

// Made is how a count was made, of what, and what came of it, as its record says.
type Made struct {
	Inputs   []Input  `json:"inputs"`
	Settings Settings `json:"settings"`
	Outcome  Outcome  `json:"outcome"`
}

// Input is a file that a count rests on.
type Input struct {
	Role   string `json:"role"`
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // 64 digits; anything else where it is not known
}

// Videos are the files that were counted, in order.
func (m Made) Videos() []Input {
	return slices.DeleteFunc(slices.Clone(m.Inputs), func(in Input) bool { return in.Role != "video" })
}

// ReadRecord reads all of it out of the record of a count (run.json). What the record does not say is zero.
func ReadRecord(record []byte) (Made, error) {
	var m Made
	if err := json.Unmarshal(record, &m); err != nil {
		return Made{}, fmt.Errorf("the record of the count cannot be read: %w", err)
	}
	if v := m.Settings.Version; v > SettingsVersion {
		return Made{}, fmt.Errorf("the count was made by a later Requin (its settings are of version %d, this one knows up to %d): use that one", v, SettingsVersion)
	}
	return m, nil
}
