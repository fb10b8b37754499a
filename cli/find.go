package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"requin/frame"
	"requin/survey"
	"requin/video"
)

// findRecordings searches files and folders for videos, folders in them too, and joins the chapters
// of each recording; with separate each file stands by itself. What lies in the survey's own runs is left out. lost is what could not be read.
func (a *app) findRecordings(ctx context.Context, args []string, surveyFolder string, separate bool) (out []recording, lost []video.Left, err error) {
	var paths []string
	var left []video.Left
	for _, arg := range args {
		root, err := filepath.Abs(arg)
		if err != nil {
			return nil, nil, err
		}
		card, err := a.searched(ctx, arg, root, surveyFolder)
		if err != nil {
			return nil, nil, err
		}
		if left = append(left, card.Left...); len(card.Videos) == 0 {
			lost := a.leave(left)
			if len(lost) > 0 {
				return nil, lost, fmt.Errorf("%s: no video lies in what of it could be read", arg)
			}
			return nil, nil, fmt.Errorf("%s: no video lies in it", arg)
		}
		paths = append(paths, card.Videos...)
	}
	groups, others := video.Recordings(paths)
	if separate {
		groups = alone(groups)
	}
	lost = a.leave(append(left, others...))
	a.sayCopies(groups)
	for _, g := range groups {
		out = append(out, recording{paths: g.Paths, fault: g.Fault})
	}
	return out, lost, nil
}

// searched is what an argument holds: a file, or a folder with all folders in it.
func (a *app) searched(ctx context.Context, arg, root, surveyFolder string) (*video.Card, error) {
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file or folder; check the name and that the card or disk is plugged in", arg)
	case err != nil:
		return nil, err
	case info.IsDir():
		return video.ReadCard(root, true, func(path string) bool {
			name := filepath.Base(path)
			return strings.HasSuffix(name, ".requin") || filepath.Dir(path) == surveyFolder && ownFolder(name)
		})
	}
	if !video.IsVideoName(root) { // it may be one all the same, as for requin count
		if _, err := video.Probe(ctx, root, frame.Rational{}); err != nil {
			return nil, fmt.Errorf("%s: this is no video by its name, and none that can be read (%w); truth comes in with requin import, tables with --metadata", arg, err)
		}
	}
	return &video.Card{Videos: []string{root}}, nil
}

// alone takes recordings apart: each file is one.
func alone(groups []video.Recording) []video.Recording {
	var out []video.Recording
	for _, g := range groups {
		for _, path := range g.Paths {
			out = append(out, video.Recording{Paths: []string{path}})
		}
	}
	return out
}

// ownFolder tells the folders of a survey that hold what Requin made.
func ownFolder(name string) bool {
	return slices.Contains([]string{survey.RunsFolder, survey.DatasetsFolder, survey.ModelsFolder, survey.CacheFolder}, name)
}

// nameRecordings calls each recording after its folder or its first file.
func nameRecordings(recordings []recording, f addFlags) error {
	if f.opcode != "" {
		if len(recordings) > 1 {
			return usagef("--opcode %s names one deployment, but these are %d; leave it out, or name the files of one", f.opcode, len(recordings))
		}
		for i := range recordings {
			recordings[i].name = f.opcode
		}
		return nil
	}
	after := f.names
	if after == "auto" {
		after = "folder"
		if !foldersName(recordings) {
			after = "file"
		}
	}
	taken := map[string]string{}
	for i, rec := range recordings {
		first := rec.paths[0]
		name := strings.TrimSuffix(filepath.Base(first), filepath.Ext(first))
		if after == "folder" {
			name = filepath.Base(filepath.Dir(first))
		}
		if other, ok := taken[name]; ok {
			hint := "put each recording into a folder named after its deployment (--names folder), or add them one by one with --opcode"
			if after == "folder" {
				hint = "add them with --names file, or one by one with --opcode"
			}
			return usagef("%s and %s would both be called %s: %s", other, first, name, hint)
		}
		taken[name] = first
		recordings[i].name = name
	}
	return nil
}

// foldersName tells whether the folders name the recordings: each holds one, and none is a camera's.
func foldersName(recordings []recording) bool {
	seen := map[string]bool{}
	for _, rec := range recordings {
		folder := filepath.Dir(rec.paths[0])
		name := strings.ToUpper(filepath.Base(folder))
		if seen[filepath.Base(folder)] || name == "DCIM" || strings.HasSuffix(name, "GOPRO") || strings.HasSuffix(name, "MEDIA") ||
			strings.HasSuffix(name, "MSDCF") || strings.HasSuffix(name, "CANON") || name == "STREAM" || len(recordings) == 1 && !looksLikeStation(name) {
			return false
		}
		seen[filepath.Base(folder)] = true
	}
	return len(recordings) > 0
}

// looksLikeStation tells whether a lone folder's name may be a station's: it ends in a number (BRUV_07, S12).
func looksLikeStation(name string) bool {
	return name != "" && name[len(name)-1] >= '0' && name[len(name)-1] <= '9'
}
