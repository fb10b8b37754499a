package exchange

import (
	"maps"
	"slices"

	"requin/annotate"
)

// statusName is what the status of a mark or track is called where a format lets one give names of one's own.
const statusName = "requin_status"

// statusPlace is where a format has a place for the status of what came out of a count of Requin's.
type statusPlace struct {
	marks  bool   // an attribute of marks
	tracks bool   // and of tracks, so that marks have one only where theirs is another
	field  string // or a field of Extra that marks are written with: "csv.requin_status"
	counts func(cell string) string
	ranges bool // with the cells of counts come maxn_low, maxn_high and tmaxn_s
}

type (
	readFunc  = func(Input) annotate.Records
	writeFunc = func(Folder, annotate.Records, Options) (*Losses, error)
)

// write makes a writer be given the status in that place. Whatever the place, tracks, marks and sightings
// have theirs in Extra as annotate.StatusKey, a mark that of its track where nobody said otherwise.
func (p statusPlace) write(write writeFunc) writeFunc {
	return func(out Folder, records annotate.Records, opt Options) (*Losses, error) {
		return write(out, p.stated(records), opt)
	}
}

func (p statusPlace) stated(records annotate.Records) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		tracks, videos := map[[2]string]string{}, map[string]bool{}
		for record, err := range records {
			if err == nil {
				record = p.state(record, tracks, videos)
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// state puts a record's status into its place; tracks are the statuses of those that came before, videos the media that are.
func (p statusPlace) state(record annotate.Record, tracks map[[2]string]string, videos map[string]bool) annotate.Record {
	switch r := record.(type) {
	case annotate.Media:
		videos[r.Name] = r.Video
	case annotate.Track:
		status := annotate.StatusOf(r.Extra, r.Origin)
		if status == "" {
			return r
		}
		tracks[[2]string{r.Media, r.ID}] = status
		r.Extra = with(r.Extra, annotate.StatusKey, status)
		if p.tracks && videos[r.Media] {
			r.Attributes = append(slices.Clip(r.Attributes), annotate.Attribute{Name: statusName, Value: status})
		}
		return r
	case annotate.Mark:
		of, status := tracks[[2]string{r.Media, r.Track}], annotate.StatusOf(r.Extra, r.Origin)
		if status == "" {
			status = of
		}
		if status == "" {
			return r
		}
		r.Extra = with(r.Extra, annotate.StatusKey, status)
		if p.marks && !(p.tracks && videos[r.Media] && status == of) {
			r.Attributes = append(slices.Clip(r.Attributes), annotate.Attribute{Name: statusName, Value: status})
		}
		if p.field != "" {
			r.Extra[p.field] = status
		}
		return r
	case annotate.Sighting:
		if status := annotate.StatusOf(r.Extra, r.Origin); status != "" {
			r.Extra = with(r.Extra, annotate.StatusKey, status)
		}
		return r
	case annotate.Count:
		return p.stateCount(r)
	}
	return record
}

// with is a copy of Extra with one field more.
func with(extra annotate.Extra, key, value string) annotate.Extra {
	own := annotate.Extra{key: value}
	for k, v := range extra {
		if k != key {
			own[k] = v
		}
	}
	return own
}

// stateCount puts what a count rests on into the fields that the format's tables write as columns.
func (p statusPlace) stateCount(c annotate.Count) annotate.Count {
	if p.counts == nil || c.Verified == nil {
		return c
	}
	cells := verifiedCells(*c.Verified)
	c.Verified = nil
	if p.ranges {
		cells[cellLow], cells[cellHigh] = shortest(c.Low), shortest(c.High)
		if c.Low, c.High = nil, nil; c.Time >= 0 {
			cells[cellTime] = secondsText(c.Time)
			c.Time = annotate.None
		}
	}
	c.Extra = maps.Clone(c.Extra)
	if c.Extra == nil {
		c.Extra = annotate.Extra{}
	}
	for cell, text := range cells {
		if delete(c.Extra, p.counts(cell)); text != "" {
			c.Extra[p.counts(cell)] = text
		}
	}
	return c
}

// read makes a reader give the status as annotate.StatusKey in Extra, in whatever of these places it stands: an attribute,
// a field, or with the medium, which speaks for all in it. Marks have that of their track where they have none.
func (p statusPlace) read(read readFunc) readFunc {
	return func(in Input) annotate.Records {
		return func(yield func(annotate.Record, error) bool) {
			u := understanding{place: p, of: map[[2]string]string{}}
			for record, err := range read(in) {
				if err == nil {
					record = u.understood(record)
				}
				if !yield(record, err) || err != nil {
					return
				}
			}
		}
	}
}

// understanding is what was read of statuses so far.
type understanding struct {
	place statusPlace
	all   string               // of the whole file
	of    map[[2]string]string // of media ("" for the track) and tracks
}

func (u *understanding) understood(record annotate.Record) annotate.Record {
	switch r := record.(type) {
	case annotate.Label:
		if status := r.Extra[yoloStatus]; len(status) > 2 && isStatus(status[1:len(status)-1]) {
			u.all = status[1 : len(status)-1]
			r.Extra = without(r.Extra, yoloStatus)
		}
		return r
	case annotate.Media:
		if status := r.Extra[annotate.StatusKey]; status != "" {
			u.of[[2]string{r.Name, ""}] = status
			r.Extra = without(r.Extra, annotate.StatusKey)
		}
		return r
	case annotate.Track:
		status, rest := u.taken(r.Attributes)
		if status == "" {
			status = u.inherited(r.Extra, [2]string{r.Media, ""})
		}
		if status == "" {
			return r
		}
		u.of[[2]string{r.Media, r.ID}] = status
		r.Attributes, r.Extra = rest, with(r.Extra, annotate.StatusKey, status)
		return r
	case annotate.Mark:
		status, rest := u.taken(r.Attributes)
		if field := r.Extra[u.place.field]; status == "" && isStatus(field) {
			status = field
			r.Extra = without(r.Extra, u.place.field)
		}
		if status == "" {
			status = u.inherited(r.Extra, [2]string{r.Media, r.Track})
		}
		if status == "" {
			return r
		}
		r.Attributes, r.Extra = rest, with(r.Extra, annotate.StatusKey, status)
		return r
	}
	return record
}

// inherited is what Extra says, else what was said of the track, the medium or the file.
func (u *understanding) inherited(extra annotate.Extra, key [2]string) string {
	for _, status := range []string{extra[annotate.StatusKey], u.of[key], u.of[[2]string{key[0], ""}]} {
		if status != "" {
			return status
		}
	}
	return u.all
}

// taken takes the status out of attributes, nil where none is left.
func (u *understanding) taken(attributes []annotate.Attribute) (status string, rest []annotate.Attribute) {
	i := slices.IndexFunc(attributes, func(a annotate.Attribute) bool { return a.Name == statusName && isStatus(a.Value) })
	if i < 0 || !u.place.marks {
		return "", attributes
	}
	if rest = slices.Delete(slices.Clone(attributes), i, i+1); len(rest) == 0 {
		rest = nil
	}
	return attributes[i].Value, rest
}

// without is Extra without one field, nil where none is left.
func without(extra annotate.Extra, key string) annotate.Extra {
	own := maps.Clone(extra)
	if delete(own, key); len(own) == 0 {
		return nil
	}
	return own
}

// oneStatus is the status that all marks with one key have, by key; "" where they differ, or not all have one.
func oneStatus(records annotate.Records, key func(annotate.Mark) string) (map[string]string, error) {
	one := map[string]string{}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		if m, ok := record.(annotate.Mark); ok {
			status := m.Extra[annotate.StatusKey]
			if have, before := one[key(m)]; before && have != status {
				status = ""
			}
			one[key(m)] = status
		}
	}
	return one, nil
}
