package video

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What cameras call their files.

// videoExtensions are those of files that are taken for videos where a folder is searched. A file that is named is read whatever it is called.
var videoExtensions = []string{
	".mp4", ".m4v", ".mov", ".qt", ".360", ".insv", ".3gp", // MPEG-4 and its kin
	".mts", ".m2ts", ".m2t", ".ts", ".tod", // transport streams: AVCHD, HDV
	".mpg", ".mpeg", ".mod", ".vob", // programme streams
	".avi", ".divx", ".dv", ".mxf", ".wmv", ".asf", ".flv", ".mkv", ".webm", ".ogv",
}

// copyExtensions are those of the low-resolution copies that cameras write beside a recording.
var copyExtensions = []string{".lrv", ".lrf", ".glv"}

// IsVideoName tells by its extension whether a file is likely a video.
func IsVideoName(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return slices.Contains(videoExtensions, ext) || slices.Contains(copyExtensions, ext)
}

// IsImageName tells by its extension whether a file is an image that can be read.
func IsImageName(path string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}, strings.ToLower(filepath.Ext(path)))
}

// stem is a file's name without its extension.
func stem(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// The names a GoPro gives its chapters: GX010042.MP4 is chapter 1 of recording
// 42 (GX: HEVC, GH: H.264, GS: all around, GL: low resolution copy); before the Hero 6 the
// first was GOPR0042.MP4 and the next GP010042.MP4.
var (
	goproNew   = regexp.MustCompile(`(?i)^(G[XHSL])([0-9]{2})([0-9]{4})$`)
	goproFirst = regexp.MustCompile(`(?i)^(GOPR)([0-9]{4})$`)
	goproNext  = regexp.MustCompile(`(?i)^(GP)([0-9]{2})([0-9]{4})$`)
)

// chapter is what a file's name says of it.
type chapter struct {
	path      string
	recording string // that it belongs to: its folder and the camera's name of it; a file of no camera's naming is one by itself
	part      int    // from 1
	named     bool   // by a camera that numbers chapters
}

// chapterOf reads a file's name.
func chapterOf(path string) chapter {
	name, folder := stem(path), filepath.Dir(path)
	c := chapter{path: path, recording: filepath.Clean(path), part: 1}
	if m := goproNew.FindStringSubmatch(name); m != nil {
		c.part, _ = strconv.Atoi(m[2]) // two digits, as matched
		c.recording, c.named = filepath.Join(folder, strings.ToUpper(m[1])+m[3]), true
	} else if m := goproFirst.FindStringSubmatch(name); m != nil {
		c.recording, c.named = filepath.Join(folder, "GOPR"+m[2]), true
	} else if m := goproNext.FindStringSubmatch(name); m != nil {
		c.part, _ = strconv.Atoi(m[2])
		c.part++
		c.recording, c.named = filepath.Join(folder, "GOPR"+m[3]), true
	}
	return c
}

// sibling is what the camera calls another part of the recording that a chapter is of.
func (c chapter) sibling(part int) string {
	name, ext := stem(c.path), filepath.Ext(c.path)
	if m := goproNew.FindStringSubmatch(name); m != nil {
		name = fmt.Sprintf("%s%02d%s", m[1], part, m[3])
	} else if number := name[len(name)-4:]; part == 1 {
		name = "GOPR" + number
	} else {
		name = fmt.Sprintf("GP%02d%s", part-1, number)
	}
	return filepath.Join(filepath.Dir(c.path), name+ext)
}

var (
	insta360Copy = regexp.MustCompile(`(?i)^LRV(_[0-9]{8}_[0-9]{6}_)[0-9]{2}(_[0-9]{3})$`)
	sonyCopy     = regexp.MustCompile(`(?i)^(C[0-9]{4})S[0-9]{2}$`)
	editorsCopy  = regexp.MustCompile(`(?i)^(.+)[-_ ]proxy$`)
)

// originals are the names, without folder and extension and in upper case, that the recording may have of which a file is
// a low-resolution copy by its name; none where it is no copy.
//
//	GoPro     GL010042.LRV (or .MP4) of GX010042, GH010042 or GS010042; GOPR0042.LRV of GOPR0042
//	DJI       DJI_0042.LRF of DJI_0042;   Garmin  VIRB0042.GLV of VIRB0042
//	Sony      SUB/C0042S03.MP4 of CLIP/C0042
//	Insta360  LRV_20260501_081854_11_042 of VID_20260501_081854_00_042 or _10_042
//	editors   GX010042_Proxy.mov of GX010042
func originals(path string) []string {
	name := strings.ToUpper(stem(path))
	if m := goproNew.FindStringSubmatch(name); m != nil && m[1] == "GL" {
		return []string{"GX" + name[2:], "GH" + name[2:], "GS" + name[2:]}
	}
	if m := insta360Copy.FindStringSubmatch(name); m != nil {
		return []string{"VID" + m[1] + "00" + m[2], "VID" + m[1] + "10" + m[2]}
	}
	if m := sonyCopy.FindStringSubmatch(name); m != nil && strings.EqualFold(filepath.Base(filepath.Dir(path)), "SUB") {
		return []string{m[1]}
	}
	if m := editorsCopy.FindStringSubmatch(name); m != nil {
		return []string{m[1]}
	}
	if slices.Contains(copyExtensions, strings.ToLower(filepath.Ext(path))) {
		return []string{name}
	}
	return nil
}
