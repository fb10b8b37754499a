package exchange

import (
	"path"
	"strings"

	"requin/annotate"
)

// VOC is the Pascal VOC format (http://host.robots.ox.ac.uk/pascal/VOC/): a folder
// of one XML file a picture, or one such file. Two kinds of folders are read:
//
//	Annotations/x.xml, ImageSets/Main/train.txt, labelmap.txt   a data set
//	x.xml beside x.jpg                                          what labelling tools write
//
// and the first is written. What becomes what:
//   - The Media's name is <filename> without folders, after the folders below Annotations in
//     which the XML file lies. Every picture that has an XML file counts as looked at. One that only a list in
//     ImageSets/Main names does not.
//   - The name of the list is the Split; "trainval" only where no other list has the picture,
//     none where several lists have it. Lists of one class (cat_train.txt) are passed over.
//   - xmin, ymin, xmax and ymax are taken for the corners as they stand, fractions included,
//     although the format's first files counted pixels from 1 and meant the last pixel to be
//     part of the box: the tools that write the format do not agree, and those corners lie within a pixel.
//   - truncated, difficult, occluded and <attributes> (as CVAT writes them) are those of the Mark. A pose other
//     than Unspecified, parts, actions and anything else are kept in Extra ("voc.part"), as
//     text or, where there are elements in them, as XML; likewise of the picture (folder, path, source, segmented).
//   - labelmap.txt (name:colour:parts:actions) gives Labels; it is written where there are any.
//
// Pictures are not copied: they belong into JPEGImages, under their names.
func VOC() Format {
	status := statusPlace{marks: true}
	return Format{Name: "voc", Title: "Pascal VOC XML", Sniff: sniffVOC, Read: status.read(readVOC), Write: status.write(writeVOC), Many: true}
}

func sniffVOC(name string, head []byte) float64 {
	text := string(head)
	at := strings.Index(text, "<annotation")
	switch {
	case strings.ToLower(path.Ext(name)) != ".xml", at < 0, strings.HasPrefix(text[at:], "<annotations"):
		return 0
	case strings.Contains(text, "<bndbox>"), strings.Contains(text, "<segmented>"):
		return 0.95
	case strings.Contains(text, "<filename>"):
		return 0.8
	}
	return 0.3
}

var vocReach = reach{
	own: "voc",
	holds: []string{lostOccluded, lostTruncated, lostDifficult, lostAttributes, lostSplit, lostSize,
		lostEmptyTrack, lostVideo}, // tracks are losses by themselves; videos become pictures
	shapes: []annotate.Kind{annotate.Box},
	xml:    true,
}
