package scan

import (
	"errors"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/track"
	"requin/uncertainty"
)

// Derive follows the animals through the frames that were looked at, in order of time, and counts them. gaps are all that could not be
// looked at, duration is the deployment's. The same input gives the same result: it is how requin count counts,
// and how a count is derived anew from the detections that were kept.
func Derive(s Settings, frames []detect.Frame, gaps []frame.Gap, duration time.Duration) ([]track.Track, count.Result, error) {
	if s.Tracker == (track.Config{}) || s.Every <= 0 {
		return nil, count.Result{}, errors.New("the settings do not say how animals were followed")
	}
	tracks, err := s.follow(frames)
	if err != nil {
		return nil, count.Result{}, err
	}
	measured, err := s.Measured()
	if err != nil {
		return nil, count.Result{}, err
	}
	outlook, err := measured.Expect(Part{Frames: frames}.Stream())
	if err != nil {
		return nil, count.Result{}, err
	}
	in := s.input(tracks, frames, gaps, duration)
	in.Outlook = outlook
	counts, err := count.Of(in)
	return tracks, counts, err
}

// follow follows the animals through frames.
func (s Settings) follow(frames []detect.Frame) ([]track.Track, error) {
	threshold := func(name string) float32 {
		t, _ := s.Taxa.Find(name)
		return float32(t.Threshold)
	}
	return track.Follow(s.Tracker, threshold, Part{Frames: frames}.Stream())
}

// input is what a count of tracks rests on.
func (s Settings) input(tracks []track.Track, frames []detect.Frame, gaps []frame.Gap, duration time.Duration) count.Input {
	return count.Input{
		Tracks: tracks, Frames: Part{Frames: frames}.instants(), Gaps: gaps, Taxa: s.Taxa, Period: frame.Period(s.Period), Every: s.Every.Duration(),
		Interval: s.Interval.Duration(), Duration: duration,
	}
}

// Measured is what was measured of the model of a count, and its taxa as they were counted.
func (s Settings) Measured() (uncertainty.Measurements, error) {
	card := s.Detector
	if len(card.Taxa) == 0 {
		card.Taxa = s.Taxa
	}
	if card.Low == 0 {
		card.Low = float64(s.Tracker.LowScore)
	}
	return uncertainty.ReadMeasurements(card)
}

// instants are the moments of the frames.
func (p Part) instants() []frame.Instant {
	out := make([]frame.Instant, 0, len(p.Frames))
	for _, f := range p.Frames {
		out = append(out, f.Instant)
	}
	return out
}
