package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/taxon"
)

// full is a survey that holds some of everything.
func full(t *testing.T) *Survey {
	t.Helper()
	ctx := t.Context()
	s := fresh(t)
	feed(t, s, "a.json", version1()...)
	if err := s.SetTaxa(ctx, taxon.List{{Name: "Triaenodon obesus", Role: taxon.Studied, Threshold: 0.5}}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.PutRun(ctx, version1Run()),
		s.PutRun(ctx, Run{ID: "run-2", Kind: "train", Record: json.RawMessage(`{}`)}),
		s.PutModel(ctx, Model{Name: "m", Path: "models/m.onnx", SHA256: "aa", Created: time.Unix(1, 0), Card: json.RawMessage(`{}`)}),
		s.PutDataset(ctx, Dataset{Name: "d", Path: "datasets/d", Manifest: "bb", Created: time.Unix(1, 0), Settings: json.RawMessage(`{}`)}),
		s.Declare(ctx, Declaration{Name: "licence", Value: "CC BY 4.0", By: "B", At: time.Unix(1, 0)}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	must[int64](t)(s.AppendVerdict(ctx, Verdict{OpCode: "10", Run: "run-1", Kind: "reject", Track: 1, Before: json.RawMessage(`{"taxon":"a"}`), By: "B"}))
	return s
}

// may are columns that may change without anything being altered: places of files, what is counted from
// other rows, and the numbers by which rows refer to one another.
var may = map[string]bool{
	"deployments.id": true, "deployments.added": true, "deployments.stated": true, "chapters.deployment": true, "chapters.path": true, "chapters.base": true, "chapters.extra": true,
	"periods.deployment": true, "labels.id": true, "labels.source": true, "media.id": true, "media.source": true, "media.base": true, "media.deployment": true,
	"tracks.id": true, "tracks.media": true, "marks.id": true, "marks.media": true, "looks.id": true, "looks.media": true,
	"sightings.id": true, "sightings.source": true, "sightings.deployment": true, "lengths.id": true, "lengths.source": true, "lengths.deployment": true,
	"counts.id": true, "counts.source": true, "counts.deployment": true, "runs.nr": true, "runs.deployment": true, "runs.folder": true,
	"run_frames.run": true, "run_frames.position": true, "run_tracks.run": true, "run_tracks.position": true, "run_maxn.run": true, "run_maxn.position": true,
	"verdicts.id": true, "verdicts.deployment": true, "datasets.path": true, "models.path": true,
	"sources.id": true, "sources.notes": true, "sources.deployments": true, "sources.labels": true, "sources.media": true, "sources.tracks": true, "sources.marks": true,
	"sources.looks": true, "sources.sightings": true, "sources.lengths": true, "sources.counts": true,
}

// Whatever value of whatever row is changed, or row is taken away, the audit finds it and names it.
func TestAuditFindsEveryChange(t *testing.T) {
	s := full(t)
	clean := must[Ledger](t)(s.Audit(t.Context()))
	if len(clean.Altered) > 0 || len(clean.Unkept) > 0 || clean.Lines < 8 || len(clean.Head) != 64 {
		t.Fatalf("%+v", clean)
	}
	tried := 0
	for _, table := range []string{"deployments", "chapters", "periods", "taxa", "sources", "labels", "media", "tracks", "marks", "looks", "sightings", "lengths", "counts",
		"runs", "run_frames", "run_tracks", "run_maxn", "verdicts", "datasets", "models", "declarations", "ledger"} {
		for _, column := range columnsOf(t, s, table) {
			if may[table+"."+column] {
				continue
			}
			tried++
			found := tampered(t, s, fmt.Sprintf("UPDATE %s SET %s = CASE WHEN typeof(%[2]s) = 'integer' THEN %[2]s + 7 ELSE 'other' END WHERE rowid = (SELECT max(rowid) FROM %[1]s)", table, column))
			if len(found.Altered) == 0 {
				t.Errorf("%s.%s was changed and nothing was found", table, column)
			}
		}
		if found := tampered(t, s, "DELETE FROM "+table+" WHERE rowid = (SELECT min(rowid) FROM "+table+")"); len(found.Altered)+len(found.Unkept) == 0 {
			t.Errorf("a row of %s was taken away and nothing was found", table)
		}
	}
	if tried < 120 {
		t.Errorf("only %d columns were tried", tried)
	}
}

func columnsOf(t *testing.T, s *Survey, table string) (out []string) {
	t.Helper()
	err := s.read(t.Context(), func(tx *sql.Tx) error {
		return each(t.Context(), tx, "SELECT name FROM pragma_table_info(?)", []any{table}, func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			out = append(out, name)
			return err
		})
	})
	if err != nil || len(out) == 0 {
		t.Fatal(table, err)
	}
	return out
}

// tampered is the audit after a change that goes round the program, which is then undone.
func tampered(t *testing.T, s *Survey, change string) (out Ledger) {
	t.Helper()
	tx, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, statement := range []string{"PRAGMA defer_foreign_keys = ON", "DROP TRIGGER verdicts_not_changed", "DROP TRIGGER verdicts_not_deleted",
		"DROP TRIGGER ledger_not_changed", "DROP TRIGGER ledger_not_deleted", change} {
		if _, err := tx.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	out, err = audit(t.Context(), tx)
	if err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	return out
}

func TestAuditNames(t *testing.T) {
	s := full(t)
	for change, want := range map[string]Difference{
		"UPDATE run_frames SET detections = x'' WHERE position = 1":   {Kind: KeptRun, Name: "run-1", What: []string{"detections"}},
		"UPDATE runs SET record = '{\"x\":1}' WHERE id = 'run-1'":     {Kind: KeptRun, Name: "run-1", What: []string{"record"}},
		"UPDATE verdicts SET kind = 'accept'":                         {Kind: KeptVerdict, Name: "1", What: []string{"verdict"}},
		"DELETE FROM verdicts":                                        {Kind: KeptVerdict, Name: "1", Gone: true},
		"UPDATE marks SET x1 = 99 WHERE track = '7'":                  {Kind: KeptImport, Name: "test a.json", What: []string{"marks"}},
		"UPDATE chapters SET sha256 = 'bb'":                           {Kind: KeptDeployment, Name: "10", What: []string{"videos"}},
		"UPDATE taxa SET threshold = 0.6":                             {Kind: KeptTaxa, What: []string{"list"}},
		"UPDATE declarations SET value = 'all mine'":                  {Kind: KeptDeclaration, Name: "licence", What: []string{"facts"}},
		"UPDATE ledger SET at = '' WHERE nr = 3":                      {Kind: "ledger", Name: "line 3", What: []string{"it does not follow from the line before"}},
		"DELETE FROM datasets":                                        {Kind: KeptDataset, Name: "d", Gone: true},
		"INSERT INTO run_maxn VALUES (1, 9, 'Manta', 4, NULL)":        {Kind: KeptRun, Name: "run-1", What: []string{"MaxN"}},
		"UPDATE deployments SET latitude = -22.5 WHERE opcode = '10'": {Kind: KeptDeployment, Name: "10", What: []string{"facts"}},
	} {
		got := tampered(t, s, change).Altered
		if len(got) == 0 || got[0].Kind != want.Kind || got[0].Name != want.Name || !slices.Equal(got[0].What, want.What) || got[0].Gone != want.Gone {
			t.Errorf("%s: got %+v, want %+v", change, got, want)
		}
	}
}

// Everything that the program itself does leaves the ledger right.
func TestLedgerFollows(t *testing.T) {
	s := full(t)
	ctx := t.Context()
	steps := []func() error{
		func() error { return s.PutRun(ctx, version1Run()) },
		func() error {
			_, err := s.Import(ctx, Source{Name: "a.json", Format: "test"}, stream(version1()[:3]...), ImportOptions{Replace: true})
			return err
		},
		func() error { return s.RemoveSource(ctx, "a.json") },
		func() error { return s.SetTaxa(ctx, nil) },
		func() error { return s.Declare(ctx, Declaration{Name: "licence"}) },
		func() error { return s.PutModel(ctx, Model{Name: "m", SHA256: "cc"}) },
	}
	lines := must[Ledger](t)(s.Audit(ctx)).Lines
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		got := must[Ledger](t)(s.Audit(ctx))
		if len(got.Altered) > 0 || len(got.Unkept) > 0 {
			t.Errorf("step %d: %+v", i, got)
		}
		if i > 0 && got.Lines <= lines { // the first keeps what is there already
			t.Errorf("step %d left no line", i)
		}
		lines = got.Lines
	}
	if got := must[[]Declaration](t)(s.Declarations(ctx)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	says(t, s.Declare(ctx, Declaration{Value: "x"}), "needs a name")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Audit(cancelled); err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("cancelled: %v", err)
	}
}
