package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"requin/record"
	"requin/survey"
)

// begin is the record of a run of a kind that begins now, by this command line.
func begin(ctx context.Context, kind string) record.Record {
	return record.Begin(ctx, kind, append([]string{"requin"}, os.Args[1:]...))
}

// keepRecord ends a record, whose energy stop gives, and appends it to the survey: under an id of its own, hence beside those of
// before. opcode is "" where the run is of no one deployment, folder where its results lie, or "".
func keepRecord(ctx context.Context, s *survey.Survey, r record.Record, energy record.Energy, opcode, folder string) error {
	r.Energy = &energy
	r.End()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return putRecord(ctx, s, r, text, opcode, folder)
}

// keepRunFile appends the record in a folder (run.json, written last) to the survey, as one of a kind.
func keepRunFile(ctx context.Context, s *survey.Survey, kind, opcode, folder string) error {
	path := filepath.Join(folder, survey.RunFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var r record.Record
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s is no record of a run: %w", path, err)
	}
	r.Kind = kind
	return putRecord(ctx, s, r, text, opcode, folder)
}

// putRecord keeps a record as it is written. Its id is the beginning of its hash, as that of a count is.
func putRecord(ctx context.Context, s *survey.Survey, r record.Record, text []byte, opcode, folder string) error {
	return s.PutRun(ctx, survey.Run{ID: hexSum(text)[:12], Kind: r.Kind, OpCode: opcode, Folder: folder, Started: r.Times.Started, Finished: r.Times.Finished, Record: text})
}
