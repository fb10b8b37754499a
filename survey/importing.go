package survey

import (
	"database/sql"
	"errors"

	"requin/annotate"
)

// take keeps one record.
func (im *importing) take(record annotate.Record) error {
	switch r := record.(type) {
	case annotate.Deployment:
		im.out.Deployments++
		return im.takeDeployment(r)
	case annotate.Label:
		im.out.Labels++
		im.labels.next()
		im.labels.whole(im.source)
		im.labels.label(r)
		return im.labels.end()
	case annotate.Media:
		im.out.Media++
		return im.takeMedia(r)
	case annotate.Track:
		im.out.Tracks++
		return im.takeTrack(r)
	case annotate.Mark:
		im.out.Marks++
		return im.takeMark(r)
	case annotate.Look:
		im.out.Looks++
		return im.takeLook(r)
	case annotate.Sighting:
		im.out.Sightings++
		return im.takeStatement(im.sightings, r.OpCode, r.Media, func(row *row) { row.sighting(r) })
	case annotate.Length:
		im.out.Lengths++
		return im.takeStatement(im.lengths, r.OpCode, r.Media, func(row *row) { row.length(r) })
	case annotate.Count:
		im.out.Counts++
		return im.takeStatement(im.counts, r.OpCode, r.Media, func(row *row) { row.count(r) })
	}
	return errors.New("it cannot be kept")
}

func (im *importing) takeDeployment(d annotate.Deployment) error {
	id, err := im.deployment(d.OpCode)
	if err != nil {
		return err
	}
	if err := stateDeployment(im.ctx, im.tx, id, d, true); err != nil || len(d.Chapters) == 0 {
		return err
	}
	clear(im.placed)
	return placeLater(im.ctx, im.tx, d.Chapters)
}

// deployment is the number of a deployment, which is made if need be; the source speaks of it.
func (im *importing) deployment(opcode string) (int64, error) {
	id, ok := im.deployments[opcode]
	if ok {
		return id, nil
	}
	id, err := deploymentID(im.ctx, im.tx, opcode)
	if err == nil && id == 0 {
		id, err = makeDeployment(im.ctx, im.tx, opcode)
	}
	if err != nil {
		return 0, err
	}
	im.deployments[opcode] = id
	return id, im.speaksOf(id)
}

func (im *importing) speaksOf(id int64) error {
	if im.spoken[id] {
		return nil
	}
	im.spoken[id] = true
	return speaksOf(im.ctx, im.tx, im.source, id)
}

// place is the number of the deployment that a media belongs to; 0: none.
func (im *importing) place(m annotate.Media) (int64, error) {
	if m.Deployment != "" {
		return im.deployment(m.Deployment)
	}
	if id, ok := im.placed[m.Name]; ok {
		return id, nil
	}
	id, err := place(im.ctx, im.chapters, m.Name)
	switch {
	case err != nil:
		return 0, err
	case id != 0:
		err = im.speaksOf(id)
	case im.opt.Deployment != nil:
		if opcode, ok := im.opt.Deployment(m); ok {
			id, err = im.deployment(opcode)
		}
	}
	remember(im.placed, m.Name, id)
	return id, err
}

func (im *importing) takeMedia(m annotate.Media) error {
	id, err := im.insertMedia(m, true)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("it is stated twice: a media has one name, and is stated once")
	}
	remember(im.media, m.Name, id)
	return err
}

// insertMedia makes a media or fills one in that records only named so far.
func (im *importing) insertMedia(m annotate.Media, stated bool) (id int64, err error) {
	if m.Name == "" {
		return 0, errors.New("a media without a name: give each its file name")
	}
	deployment, err := im.place(m)
	if err != nil {
		return 0, err
	}
	var r row
	r.whole(im.nextMedia, im.source)
	r.text(m.Name, base(m.Name))
	r.reference(deployment)
	r.text(m.Deployment)
	r.flags(stated)
	r.media(m)
	if r.err != nil {
		return 0, r.err
	}
	im.nextMedia++
	err = im.putMedia.QueryRowContext(im.ctx, r.values...).Scan(&id)
	return id, err
}

// mediaOf is the number of a media by its name; it is made if need be.
func (im *importing) mediaOf(name string) (int64, error) {
	if id, ok := im.media[name]; ok {
		return id, nil
	}
	var id int64
	err := im.tx.QueryRowContext(im.ctx, "SELECT id FROM media WHERE source = ? AND name = ?", im.source, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = im.insertMedia(annotate.Media{Name: name}, false)
	}
	if err == nil {
		remember(im.media, name, id)
	}
	return id, err
}

func (im *importing) takeTrack(t annotate.Track) error {
	if t.ID == "" {
		return errors.New("a track without an id: give each one of its own")
	}
	media, err := im.mediaOf(t.Media)
	if err != nil {
		return err
	}
	var r row
	r.whole(im.nextTrack, media)
	r.text(t.ID)
	r.flags(true)
	r.track(t)
	if r.err != nil {
		return r.err
	}
	im.nextTrack++
	result, err := im.putTrack.ExecContext(im.ctx, r.values...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errors.New("it is stated twice: a track has an id of its own in its media, and is stated once"))
	}
	remember(im.tracks, trackKey{media, t.ID}, true)
	return nil
}

func (im *importing) takeMark(m annotate.Mark) error {
	media, err := im.mediaOf(m.Media)
	if err != nil {
		return err
	}
	if key := (trackKey{media, m.Track}); m.Track != "" && !im.tracks[key] {
		if _, err := im.nameTrack.ExecContext(im.ctx, im.nextTrack, media, m.Track); err != nil {
			return err
		}
		im.nextTrack++
		remember(im.tracks, key, true)
	}
	im.marks.next()
	im.marks.whole(media)
	im.marks.mark(m)
	return im.marks.end()
}

func (im *importing) takeLook(l annotate.Look) error {
	media, err := im.mediaOf(l.Media)
	if err != nil {
		return err
	}
	im.looks.next()
	im.looks.whole(media)
	im.looks.known(int64(l.Frame), int64(l.Time))
	return im.looks.end()
}

// takeStatement keeps a sighting, a length or a count.
func (im *importing) takeStatement(in *inserter, opcode, media string, values func(*row)) error {
	if opcode == "" && media == "" {
		return errors.New("it names neither a deployment nor a media: say what it is of")
	}
	deployment, err := im.place(annotate.Media{Name: media, Deployment: opcode})
	if err != nil {
		return err
	}
	in.next()
	in.whole(im.source)
	in.reference(deployment)
	values(&in.row)
	return in.end()
}

// reference keeps the number of another row; 0 is none.
func (r *row) reference(id int64) {
	if id == 0 {
		r.values = append(r.values, nil)
	} else {
		r.whole(id)
	}
}

// finish inserts what is left and sums up.
func (im *importing) finish() error {
	for _, in := range []*inserter{im.labels, im.marks, im.looks, im.sightings, im.lengths, im.counts} {
		if err := in.flush(); err != nil {
			return err
		}
	}
	// Of a media that was only named nobody said whether it is a video. A picture has but frame 0 and no track.
	_, err := im.tx.ExecContext(im.ctx, `UPDATE media SET video = TRUE WHERE source = ? AND NOT stated AND (
		EXISTS (SELECT 1 FROM marks k WHERE k.media = media.id AND (k.frame > 0 OR k.time_ns > 0))
		OR EXISTS (SELECT 1 FROM looks l WHERE l.media = media.id AND (l.frame > 0 OR l.time_ns > 0))
		OR EXISTS (SELECT 1 FROM tracks t WHERE t.media = media.id))`, im.source)
	if err != nil {
		return err
	}
	err = each(im.ctx, im.tx, `SELECT name FROM (
			SELECT name, MIN(id) AS first FROM media WHERE source = ? AND deployment IS NULL GROUP BY name
			UNION SELECT media, 0 FROM sightings WHERE source = ? AND deployment IS NULL
			UNION SELECT media, 0 FROM lengths WHERE source = ? AND deployment IS NULL
			UNION SELECT media, 0 FROM counts WHERE source = ? AND deployment IS NULL
		) GROUP BY name ORDER BY MAX(first), name`, []any{im.source, im.source, im.source, im.source}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		im.out.Unplaced = append(im.out.Unplaced, name)
		return err
	})
	if err != nil {
		return err
	}
	if err := dropOrphans(im.ctx, im.tx); err != nil { // what an import that was replaced left behind
		return err
	}
	_, err = im.tx.ExecContext(im.ctx, `UPDATE sources SET deployments = ?, labels = ?, media = ?, tracks = ?, marks = ?, looks = ?,
		sightings = ?, lengths = ?, counts = ? WHERE id = ?`,
		im.out.Deployments, im.out.Labels, im.out.Media, im.out.Tracks, im.out.Marks, im.out.Looks, im.out.Sightings, im.out.Lengths, im.out.Counts, im.source)
	return err
}
