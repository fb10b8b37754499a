package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"requin/survey"
	"requin/video"
)

// findRecordings searches files and folders for videos, folders in them too, and joins the chapters
// of each recording. What lies in the survey's own runs is left out.
func findRecordings(args []string, surveyFolder string, separate bool) ([]recording, error) {
	var paths []string
	for _, arg := range args {
		root, err := filepath.Abs(arg)
		if err != nil {
			return nil, err
		}
		before := len(paths)
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && path == root:
				return fmt.Errorf("%s: there is no such file or folder; check the name and that the card or disk is plugged in", arg)
			case err != nil:
				return err
			case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), ".requin") || filepath.Dir(path) == surveyFolder && ownFolder(d.Name())):
				return fs.SkipDir
			case d.IsDir() || strings.HasPrefix(d.Name(), "."): // "._GX010042.MP4" is a Mac's shadow of a file
				return nil
			case path == root && !video.IsVideoName(path):
				return fmt.Errorf("%s: this is no video by its name; truth comes in with requin import, tables with --metadata", arg)
			}
			if video.IsVideoName(path) && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(paths) == before {
			return nil, fmt.Errorf("%s: no video lies in it", arg)
		}
	}
	if separate {
		var out []recording
		for _, p := range paths {
			out = append(out, recording{paths: []string{p}})
		}
		return out, nil
	}
	groups, err := video.Recordings(paths)
	if err != nil {
		return nil, err
	}
	var out []recording
	for _, g := range groups {
		out = append(out, recording{paths: g})
	}
	return out, nil
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
