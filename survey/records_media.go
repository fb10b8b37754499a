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

// pageSize is for how many statements of media their tracks, marks and looks are asked for together.
const pageSize = 256

// page is some media, each with its statements, whose ids rise from first to last.
type page struct {
	media [][]statedMedia
	ids   []any
	last  int64
}

// giveMedia gives each media with its tracks, marks and looks.
func (st *statements) giveMedia() error {
	condition, args := st.where("m.source", "m.deployment")
	var now page
	var same []statedMedia // the last media, to which more may come
	turn := func() error {
		if len(same) == 0 {
			return nil
		}
		if len(now.ids) >= pageSize || same[0].id < now.last {
			if err := st.givePage(now); err != nil {
				return err
			}
			now = page{}
		}
		for _, m := range same {
			now.ids, now.last = append(now.ids, m.id), m.id
		}
		now.media, same = append(now.media, same), nil
		return nil
	}
	err := each(st.quiet, st.tx, fmt.Sprintf(mediaQuery, qualified("m", mediaColumns), condition), args, func(rows *sql.Rows) error {
		m, err := scanMedia(rows)
		if err == nil && len(same) > 0 && same[0].group != m.group {
			err = turn()
		}
		same = append(same, m)
		return err
	})
	if err != nil {
		return err
	}
	if err := turn(); err != nil {
		return err
	}
	return st.givePage(now)
}

func scanMedia(rows *sql.Rows) (m statedMedia, err error) {
	var first int64
	err = scanRow(rows, []any{&m.id, &m.group, &first, &m.source, &m.Deployment, &m.Name}, mediaCells(&m.Media))
	if m.group != first {
		m.Name = cmp.Or(m.Deployment, m.source) + "/" + m.Name
	}
	return m, err
}

// givePage gives the media of a page, walking once through all that belongs to them.
func (st *statements) givePage(p page) error {
	if len(p.ids) == 0 {
		return nil
	}
	tracks, err1 := belonging(st, "tracks", "track, "+trackColumns, p.ids, scanTrack)
	defer tracks.close()
	marks, err2 := belonging(st, "marks", markColumns, p.ids, scanMark)
	defer marks.close()
	looks, err3 := belonging(st, "looks", lookColumns, p.ids, scanLook)
	defer looks.close()
	if err := cmp.Or(err1, err2, err3, st.ctx.Err()); err != nil {
		return err
	}
	for _, same := range p.media {
		m := same[0].Media
		for _, later := range same[1:] {
			m = filled(m, later.Media)
		}
		if err := st.give(m); err != nil {
			return err
		}
		renamed, err := st.giveTracks(m.Name, same, tracks)
		if err != nil {
			return err
		}
		for i, one := range same {
			err := marks.of(one.id, func(k annotate.Mark) error {
				k.Media = m.Name
				k.Track = cmp.Or(renamed[renaming{i, k.Track}], k.Track)
				return st.give(k)
			})
			if err != nil {
				return err
			}
		}
		for _, one := range same {
			err := looks.of(one.id, func(l annotate.Look) error {
				l.Media = m.Name
				return st.give(l)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// belongings are the rows of a table that belong to the media of a page, in the order of the media.
type belongings[T any] struct {
	table string
	rows  *sql.Rows
	scan  func(*sql.Rows, *int64) (T, error)
	ahead T
	media int64 // of the row ahead; 0: there is none
}

// belonging opens them.
func belonging[T any](st *statements, table, columns string, ids []any, scan func(*sql.Rows, *int64) (T, error)) (*belongings[T], error) {
	b := &belongings[T]{table: table, scan: scan}
	var err error
	b.rows, err = st.tx.QueryContext(st.quiet, fmt.Sprintf("SELECT media, %s FROM %s WHERE media IN (%s) ORDER BY media, id", columns, table, placeholders(len(ids))), ids...)
	if err != nil {
		return b, err
	}
	return b, b.next()
}

func (b *belongings[T]) close() {
	if b.rows != nil {
		_ = b.rows.Close()
	}
}

// next reads one row ahead.
func (b *belongings[T]) next() (err error) {
	b.media = 0
	if b.rows.Next() {
		b.ahead, err = b.scan(b.rows, &b.media)
	} else {
		err = b.rows.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.table, err)
	}
	return nil
}

// of gives the rows of one media, the next in order.
func (b *belongings[T]) of(media int64, take func(T) error) error {
	for b.media == media {
		if err := take(b.ahead); err != nil {
			return err
		}
		if err := b.next(); err != nil {
			return err
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
func (st *statements) giveTracks(media string, same []statedMedia, tracks *belongings[annotate.Track]) (map[renaming]string, error) {
	var renamed map[renaming]string
	taken := map[string]bool{}
	if len(same) > 1 {
		renamed = map[renaming]string{}
	}
	for i, one := range same {
		err := tracks.of(one.id, func(t annotate.Track) error {
			t.Media = media
			if id := t.ID; len(same) > 1 {
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
			return nil, err
		}
	}
	return renamed, nil
}

// qualified puts the table's name before each of some columns.
func qualified(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
