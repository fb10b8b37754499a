package survey

import (
	"cmp"
	"database/sql"
	"fmt"
	"strings"

	"requin/annotate"
)

// statedMedia is a media as one import states it.
type statedMedia struct {
	annotate.Media
	id     int64
	group  int64 // id of the earliest statement of the same media
	source string
}

// mediaQuery gives statements of the same media together. Media are the same where name and
// deployment are; of those that belong nowhere, only what one import calls by
// one name. first tells whether the media is the first of its name.
const mediaQuery = `SELECT m.id, MIN(m.id) OVER (PARTITION BY m.name, COALESCE(m.deployment, -m.source)) AS together,
	MIN(m.id) OVER (PARTITION BY m.name) AS first, s.name, COALESCE(d.opcode, ''), m.name, %s
	FROM media m JOIN sources s ON s.id = m.source LEFT JOIN deployments d ON d.id = m.deployment
	WHERE %s ORDER BY together, m.id`

// giveMedia gives each media with its tracks, marks and looks.
func (st *statements) giveMedia() error {
	for _, s := range []struct {
		into                  **sql.Stmt
		columns, table, order string
	}{
		{&st.tracks, "track, " + trackColumns, "tracks", "id"},
		{&st.marks, markColumns, "marks", "id"},
		{&st.looks, lookColumns, "looks", "id"},
	} {
		var err error
		*s.into, err = st.tx.PrepareContext(st.quiet, fmt.Sprintf("SELECT %s FROM %s WHERE media = ? ORDER BY %s", s.columns, s.table, s.order))
		if err != nil {
			return err
		}
		defer (*s.into).Close()
	}
	condition, args := st.where("m.source", "m.deployment")
	var same []statedMedia
	err := each(st.quiet, st.tx, fmt.Sprintf(mediaQuery, qualified("m", mediaColumns), condition), args, func(rows *sql.Rows) error {
		m, err := scanMedia(rows)
		if err != nil {
			return err
		}
		if len(same) > 0 && same[0].group != m.group {
			if err := st.giveOne(same); err != nil {
				return err
			}
			same = same[:0]
		}
		same = append(same, m)
		return nil
	})
	if err != nil || len(same) == 0 {
		return err
	}
	return st.giveOne(same)
}

func scanMedia(rows *sql.Rows) (m statedMedia, err error) {
	var first int64
	err = scanRow(rows, []any{&m.id, &m.group, &first, &m.source, &m.Deployment, &m.Name}, mediaCells(&m.Media))
	if m.group != first {
		m.Name = cmp.Or(m.Deployment, m.source) + "/" + m.Name
	}
	return m, err
}

// giveOne gives one media, of which same are the statements.
func (st *statements) giveOne(same []statedMedia) error {
	if err := st.ctx.Err(); err != nil {
		return err
	}
	m := same[0].Media
	for _, later := range same[1:] {
		m = filled(m, later.Media)
	}
	if err := st.give(m); err != nil {
		return err
	}
	renamed, err := st.giveTracks(m.Name, same)
	if err != nil {
		return err
	}
	for i, one := range same {
		err := st.rows(st.marks, one.id, func(rows *sql.Rows) error {
			k, err := scanMark(rows)
			if err != nil {
				return err
			}
			k.Media = m.Name
			k.Track = cmp.Or(renamed[renaming{i, k.Track}], k.Track)
			return st.give(k)
		})
		if err != nil {
			return fmt.Errorf("marks of %s: %w", m.Name, err)
		}
	}
	for _, one := range same {
		err := st.rows(st.looks, one.id, func(rows *sql.Rows) error {
			l, err := scanLook(rows)
			l.Media = m.Name
			if err != nil {
				return err
			}
			return st.give(l)
		})
		if err != nil {
			return fmt.Errorf("looks at %s: %w", m.Name, err)
		}
	}
	return nil
}

// filled is a media with what a later statement adds to it.
func filled(m, later annotate.Media) annotate.Media {
	m.ID = cmp.Or(m.ID, later.ID)
	m.Video = m.Video || later.Video
	m.W, m.H = cmp.Or(m.W, later.W), cmp.Or(m.H, later.H)
	m.Rate, m.Frames = cmp.Or(m.Rate, later.Rate), cmp.Or(m.Frames, later.Frames)
	m.Failure, m.Split = cmp.Or(m.Failure, later.Failure), cmp.Or(m.Split, later.Split)
	for key, value := range later.Extra {
		if _, ok := m.Extra[key]; !ok {
			if m.Extra == nil {
				m.Extra = annotate.Extra{}
			}
			m.Extra[key] = value
		}
	}
	return m
}

// renaming is a track of one of the statements of a media.
type renaming struct {
	statement int
	id        string
}

// giveTracks gives the tracks of a media and tells which got another id.
func (st *statements) giveTracks(media string, same []statedMedia) (map[renaming]string, error) {
	renamed, taken := map[renaming]string{}, map[string]bool{}
	for i, one := range same {
		err := st.rows(st.tracks, one.id, func(rows *sql.Rows) error {
			t, err := scanTrack(rows)
			if err != nil {
				return err
			}
			t.Media = media
			if len(same) > 1 {
				id := t.ID
				for taken[t.ID] {
					t.ID += " " + one.source
				}
				if taken[t.ID] = true; t.ID != id {
					renamed[renaming{i, id}] = t.ID
				}
			}
			return st.give(t)
		})
		if err != nil {
			return nil, fmt.Errorf("tracks of %s: %w", media, err)
		}
	}
	return renamed, nil
}

// rows runs one of the statements that give what belongs to a media.
func (st *statements) rows(query *sql.Stmt, media int64, take func(*sql.Rows) error) error {
	rows, err := query.QueryContext(st.quiet, media)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// qualified puts the table's name before each of some columns.
func qualified(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
