package exchange

import (
	"slices"
	"strings"
)

// SharkTrack is the results of SharkTrack (github.com/filippovarini/sharktrack): three tables, each of which is read
// alone where it is named, or all that are there where their folder is. All three generations of their columns are
// read, the current one is written:
//
//	output.csv    video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id,folder1...
//	maxn.csv      video_path,video_name,frame,label,folder1...,time,n,tracks_in_maxn
//	overview.csv  video_path,tracks_found
//
// A row of output.csv is a Mark of a Track. w and h are the size of the FRAME, hence of the Media. What a cell says
// beyond what follows from others (a folder that is not in the path, a column SharkTrack does not know) is
// kept in Extra as "sharktrack.<column>". Frames are counted as the generation did: of the frames sampled, or
// of the video; the times tell. A time that is cut off to the second (the second generation) is made
// exact where Input.Rate tells in what rate frames are counted, and stays the start of that second otherwise.
// Track ids are taken as unique in a video only. A row of maxn.csv is a Count with its tMaxN in its Media. Each
// video of overview.csv is a Media, those without any track too, its number in Extra as "sharktrack.tracks_found".
// Paths in overview.csv may be longer than in the other tables: in a folder they are matched by their end.
//
// Written are output.csv and maxn.csv where there is anything for them, and overview.csv for videos without
// marks and those whose number of tracks was read. What came out of a count of Requin's has its status in a column
// requin_status of both tables, and in maxn.csv what it rests on in further columns that begin so. A first column without a name, as pandas writes it, holds the ids of marks.
func SharkTrack() Format {
	status := statusPlace{field: sharkPrefix + statusName, counts: sharkCell}
	return Format{Name: "sharktrack", Title: "SharkTrack results", Sniff: sniffSharkTrack, Read: status.read(readSharkTrack), Write: status.write(writeSharkTrack), Many: true}
}

const sharkPrefix = "sharktrack."

// sharkCell is where Extra keeps a cell of a verification, which is a column of maxn.csv.
func sharkCell(cell string) string { return sharkPrefix + "requin_" + cell }

// sharkName is a column's name as SharkTrack spells it, however the file does.
func sharkName(header string) string {
	key := fold(strings.ReplaceAll(header, "\r", ""))
	for _, name := range []string{"video_path", "video_name", "track_metadata", "track_id", "tracks_in_maxn", "chapter_path", "time_sample", "tracks_found", "classification_confidence"} {
		if fold(name) == key {
			return name
		}
	}
	for _, cell := range verifiedOrder {
		if name := "requin_" + cell; fold(name) == key {
			return name
		}
	}
	return key
}

func sniffSharkTrack(name string, head []byte) float64 {
	first, _, _ := strings.Cut(strings.TrimLeft(string(head), "\ufeff\r\n"), "\n")
	columns := strings.Split(strings.ToLower(strings.TrimSpace(first)), ",")
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(columns, n) })
	}
	switch {
	case !has("video_path") && !has("chapter_path"):
	case has("track_metadata"), has("tracks_found"), has("tracks_in_maxn"), has("time_sample", "n"):
		return 0.95
	case has("xmin", "ymax", "time"):
		return 0.7
	}
	return 0
}
