package annotate

// Credited names who made the statements where the stream does not. "": nobody.
func Credited(records Records, by string) Records {
	if by == "" {
		return records
	}
	name := func(o *Origin) {
		if o.By == "" {
			o.By = by
		}
	}
	return func(yield func(Record, error) bool) {
		for record, err := range records {
			switch r := record.(type) {
			case Track:
				name(&r.Origin)
				record = r
			case Mark:
				name(&r.Origin)
				record = r
			case Sighting:
				name(&r.Origin)
				record = r
			case Length:
				name(&r.Origin)
				record = r
			case Count:
				name(&r.Origin)
				record = r
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// ChangedMedia changes each picture and video, and with its name the track, marks and looks that refer to it. change must
// leave names unique.
func ChangedMedia(records Records, change func(Media) Media) Records {
	return func(yield func(Record, error) bool) {
		names := map[string]string{} // those that changed
		called := func(name string) string {
			if now, ok := names[name]; ok {
				return now
			}
			return name
		}
		for record, err := range records {
			switch r := record.(type) {
			case Media:
				now := change(r)
				if now.Name != r.Name {
					names[r.Name] = now.Name
				}
				record = now
			case Track:
				r.Media = called(r.Media)
				record = r
			case Mark:
				r.Media = called(r.Media)
				record = r
			case Look:
				r.Media = called(r.Media)
				record = r
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// Drawn leaves out the marks that a machine proposed: those with a score under 1, their own or, where they
// are not named, their track's. What came out of a count of Requin's says by itself whether people looked at it
// (StatusOf). left, where it is not nil, is how many these were, anew each time the stream is ranged over.
func Drawn(records Records, left *int) Records {
	return func(yield func(Record, error) bool) {
		n := left
		if n == nil {
			n = new(int)
		}
		*n = 0
		tracks := map[[2]string]bool{}
		for record, err := range records {
			switch r := record.(type) {
			case Track:
				if Proposed(r.Names) {
					tracks[[2]string{r.Media, r.ID}] = true
				}
			case Mark:
				status := StatusOf(r.Extra, r.Origin)
				scored := Proposed(r.Names) || len(r.Names) == 0 && tracks[[2]string{r.Media, r.Track}]
				if status == machine || scored && status != reviewed && status != certified {
					*n++
					continue
				}
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// Proposed tells what a machine named and no person confirmed: its score is under 1.
func Proposed(names []Name) bool {
	return len(names) > 0 && names[0].Scored && names[0].Score < 1
}

// Looked leaves out the counts and sightings of a machine that nobody looked at (Unlooked). left is how many these
// were, anew each time the stream is ranged over.
func Looked(records Records, left *int) Records {
	return func(yield func(Record, error) bool) {
		*left = 0
		for record, err := range records {
			switch record.(type) {
			case Count, Sighting:
				if Unlooked(record) {
					*left++
					continue
				}
			}
			if !yield(record, err) {
				return
			}
		}
	}
}
