package exchange

import (
	"strings"
	"testing"
	"testing/fstest"

	"requin/annotate"
)

// wrongBoxes reads a file that is wrong and wants an error that says this, and where.
func wrongBoxes(t *testing.T, f Format, in Input, want ...string) {
	t.Helper()
	_, err := allBoxes(t, f.Read(in))
	if err == nil {
		t.Errorf("no error, want %q", want)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
}

func TestCOCOErrors(t *testing.T) {
	head := "{\"categories\":[{\"id\":1,\"name\":\"fish\"}],\n\"images\":[{\"id\":1,\"file_name\":\"a.jpg\"}],\n\"annotations\":[\n"
	for _, c := range []struct{ text, want, line string }{
		{head + `{"id":1,"image_id":1,"category_id":2,"bbox":[0,0,1,1]}]}`, "there is no category 2 in categories: add it", "line 4, column 1:"},
		{head + `{"id":1,"image_id":9,"category_id":1,"bbox":[0,0,1,1]}]}`, "there is no picture 9 in images", "line 4"},
		{head + `{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,-1,1]}]}`, "should not be below 0", "x.json, line"},
		{head + `{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,1]}]}`, "it should be [x, y, width, height]", ""},
		{head + `{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,1,1e999]}]}`, "bbox", ""},
		{head + `{"id":1,"image_id":1,"category_id":1,"bbox":[1e308,0,1e308,1]}]}`, "no picture is that large", ""},
		{head + `{"image_id":1,"category_id":1,"bbox":[0,0,1,1]}]}`, "it has no id", ""},
		{head + `{"id":1,"image_id":1,"category_id":1},` + "\n" + `{"id":1,"image_id":1,"category_id":1}]}`, "the id 1 too", "line 5, column 1:"},
		{head + `{"id":1,"image_id":1.5,"category_id":1}]}`, "image_id is 1.5", ""},
		{head + `{"id":1,"image_id":1,"category_id":1,"score":"high"}]}`, "score", ""},
		{head + `{"id":1,"image_id":1,"category_id":1,"iscrowd":3}]}`, "iscrowd is 3", ""},
		{head + `{"id":1,"image_id":1`, "ends in the middle", ""},
		{head + `{"id":1,, }]}`, "invalid character", "line 4"},
		{head + `]} x`, "invalid character", "line 4"},
		{head + `]} {}`, "follows after the end", "line 4"},
		{`{"images":[{"id":1,"file_name":"a"},{"id":1,"file_name":"b"}]}`, "the id 1 too", "line 1"},
		{`{"images":[{"id":1,"file_name":"a"},{"id":2,"file_name":"a"}]}`, "called a too", ""},
		{`{"images":[{"id":1,"file_name":"a","width":-3}]}`, "width is -3", ""},
		{`{"images":[{"file_name":"a"}]}`, "needs an id and a file_name", ""},
		{`{"images":{}}`, "should be an array", ""},
		{`{"categories":[{"id":1,"name":"a"},{"id":1,"name":"b"}]}`, "the id 1 too", ""},
		{`{"videos":[{"id":1,"name":"v"}],"images":[{"id":1,"file_name":"a","video_id":2,"frame_id":0}]}`, "no video 2", ""},
		{`{"videos":[{"id":1,"name":"v"}],"images":[{"id":1,"file_name":"a","video_id":1}]}`, "frame_id", ""},
		{`[{"image_id":1,"bbox":[0,0,1,1]}]`, "needs an image_id and a category_id", ""},
		{`[3]`, "an object", "line 1"},
		{`3`, "should be an object {...} or an array", ""},
		{``, "ends in the middle", "line 1"},
	} {
		wrongBoxes(t, COCO(), textBoxes("x.json", c.text), c.want, c.line, "x.json")
	}
	if _, err := allBoxes(t, COCO().Read(Input{FS: fstest.MapFS{}, Name: "x.json"})); err == nil {
		t.Error("a file that is not there")
	}
	deep := strings.Repeat(`[`, 20_000)
	wrongBoxes(t, COCO(), textBoxes("x.json", `{"images":[`+deep+`]}`), "depth")
}

func TestXMLErrors(t *testing.T) {
	box := "<annotation>\n<filename>a.jpg</filename>\n<object><name>fish</name>\n%</object></annotation>"
	at := func(inner string) string { return strings.Replace(box, "%", inner, 1) }
	for _, c := range []struct {
		format     Format
		text, want string
	}{
		{VOC(), at(""), "a.xml, line 3: the object has no <bndbox>"},
		{VOC(), at("<bndbox><xmin>1</xmin></bndbox>"), "no <ymin>"},
		{VOC(), at("<bndbox><xmin>5</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax></bndbox>"), "line 3: the box goes from 5, 1 to 2, 3"},
		{VOC(), at("<bndbox><xmin>NaN</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax></bndbox>"), `xmin is "NaN": it should be a number`},
		{VOC(), at("<truncated>perhaps</truncated>"), `truncated is "perhaps": it should be 0 or 1`},
		{VOC(), "<annotation><object/></annotation>", "has no <name>"},
		{VOC(), "<annotation><object></annotation>", "a.xml, line 1: this is no XML"},
		{VOC(), "<annotation><object>", "this is no XML: unexpected EOF"},
		{VOC(), "<annotations/>", "begins with <annotations>, not <annotation>"},
		{VOC(), "<annotation/><annotation/>", "follows after the end"},
		{VOC(), "<annotation><size><width>-1</width></size></annotation>", "width"},
		{VOC(), "", "nothing in the file"},
		{VOC(), strings.Repeat("<annotation>", 100), "lie in one another"},
		{CVATVideo(), "<annotations><track id='0' label='x'>\n<box frame='0' xtl='1' ytl='2' xbr='0' ybr='3'/></track></annotations>", "a.xml, line 2: the box goes from 1, 2 to 0, 3"},
		{CVATVideo(), "<annotations><track id='0' label='x'><box xtl='1' ytl='2' xbr='3' ybr='3'/></track></annotations>", "has no frame"},
		{CVATVideo(), "<annotations><track id='0' label='x'><box frame='-1' xtl='1' ytl='2' xbr='3' ybr='3'/></track></annotations>", "whole number from 0"},
		{CVATVideo(), "<annotations><track id='0' label='x'><box frame='1' xtl='1' ytl='2' xbr='inf' ybr='3'/></track></annotations>", "xbr is"},
		{CVATVideo(), "<annotations><track id='0' label='x'/><track id='0' label='x'/></annotations>", "two tracks have the id 0"},
		{CVATVideo(), "<annotations><track label='x'/></annotations>", "needs an id"},
		{CVATVideo(), "<annotations><image id='0' name='a'/></annotations>", "of CVAT for images"},
		{CVATVideo(), "<annotations><track id='0' label='x'><blob frame='1'/></track></annotations>", "<blob> is no shape"},
		{CVATVideo(), "<annotations><track id='0' label='x'><ellipse frame='1' cx='1' cy='1' rx='-1' ry='2'/></track></annotations>", "below 0"},
		{CVATVideo(), "<annotations><track id='0' label='x'>", "unexpected EOF"},
		{CVATImages(), "<annotations><track id='0' label='x'/></annotations>", "of CVAT for video"},
		{CVATImages(), "<annotations><image id='0' name='a'/><image id='1' name='a'/></annotations>", "two images are called a"},
		{CVATImages(), "<annotations><image id='0'/></annotations>", "needs an id and a name"},
		{CVATImages(), "<annotations><image id='0' name='a'><polygon label='x' points='1;2'/></image></annotations>", "there should be x,y;x,y"},
		{CVATImages(), "<annotations><image id='0' name='a'><points label='x' points=''/></image></annotations>", "no points"},
		{CVATImages(), "<annotation/>", "no CVAT XML file"},
		{CVATImages(), "", "nothing in the file"},
	} {
		wrongBoxes(t, c.format, textBoxes("a.xml", c.text), c.want, "a.xml")
	}
}

func TestLabelStudioErrors(t *testing.T) {
	result := func(r string) string {
		return "[\n{\"id\":1,\"data\":{\"image\":\"a.jpg\"},\"annotations\":[{\"result\":[" + r + "]}]}]"
	}
	rect := func(value string) string {
		return result(`{"id":"r","type":"rectanglelabels","original_width":10,"original_height":10,"value":{` + value + `}}`)
	}
	for _, c := range []struct{ text, want string }{
		{rect(`"x":1,"y":2,"width":3`), "the value has no height"},
		{rect(`"x":1,"y":2,"width":-3,"height":4`), "should not be below 0"},
		{rect(`"x":1000,"y":2,"width":3,"height":4`), "x is 1000: it should be percent"},
		{rect(`"x":"l","y":2,"width":3,"height":4`), "x is \"l\": it should be a number"},
		{result(`{"type":"rectanglelabels","value":{"x":1,"y":2,"width":3,"height":4}}`), "does not say how large a.jpg is"},
		{result(`{"type":"rectangle"}`), "does not say how large"},
		{result(`{"id":"v","type":"videorectangle","original_width":9,"original_height":9,"value":{"sequence":[{"frame":0,"x":1,"y":2,"width":3,"height":4}]}}`), "frame should be a whole number from 1"},
		{result(`{"type":"videorectangle","original_width":9,"original_height":9,"value":{}}`), "has no id"},
		{`[{"id":1,"data":{"text":"x"}}]`, "no picture and no video"},
		{`{"id":1}`, "an array of tasks"},
		{`[{"data":{"image":"a"}},{"data":{"image":"a"}}]`, "give each its own id"},
		{`[{"data":{"image":"a"}}`, "ends in the middle"},
	} {
		wrongBoxes(t, LabelStudio(), textBoxes("t.json", c.text), c.want, "t.json, line ")
	}
}

func TestYOLOErrors(t *testing.T) {
	for _, c := range []struct{ config, labels, want string }{
		{"names: [a]\n", "1 .5 .5 .1 .1", "labels/a.txt, line 1: class 1, but there are only 1 classes"},
		{"names: [a]\n", "0 .5 .5 .1 .1\n0 .5 .5 .1", "labels/a.txt, line 2: there are 4 columns: a box has 5"},
		{"names: [a]\n", "0 .5 x .1 .1", `column 3 is "x": it should be a number`},
		{"names: [a]\n", "0 .5 nan .1 .1", `column 3 is "nan"`},
		{"names: [a]\n", "0 .5 .5 -.1 .1", "columns 4 and 5"},
		{"names: [a]\n", "0 320 240 10 10", "divide pixels"},
		{"names: [a]\n", "0 .5 .5 .1 .1 7", "a confidence, 0 to 1"},
		{"names: [a]\n", "-1 .5 .5 .1 .1", "column 1"},
		{"names: [a]\nkpt_shape: [2, 3]\n", "0 .5 .5 .1 .1 .1 .1", "with this kpt_shape there should be 11, or 12"},
		{"names: [a]\nkpt_shape: [2, 9]\n", "", "kpt_shape"},
		{"names: [a]\nnc: 2\n", "", "nc is 2 but there are 1 names"},
		{"names: {0: a, 2: b}\n", "", "none has the number 1"},
		{"names: [a]\ntrain: nowhere\n", "", "data.yaml, line 2: there is no nowhere"},
		{"names: missing.txt\n", "", "no file"},
		{"names: [a\n", "", "no YAML"},
		{"- a\n", "", "data.yaml"},
	} {
		folder := fstest.MapFS{"images/a.png": {Data: tinyBoxes(64, 48)}, "labels/a.txt": {Data: []byte(c.labels)}, "data.yaml": {Data: []byte(c.config)}}
		wrongBoxes(t, YOLO(), Input{FS: folder, Name: "."}, c.want)
	}
	for want, folder := range map[string]fstest.MapFS{
		"labels/a.txt has no picture images/a.jpg": {"labels/a.txt": {Data: []byte("0 1 1 1 1")}},
		"the size of images/a.jpg is needed":       {"labels/a.txt": {Data: []byte("0 1 1 1 1")}, "images/a.jpg": {Data: []byte("no picture")}},
		"there is no picture in the folder":        {"readme.txt": {}},
		"share the labels":                         {"a.png": {Data: tinyBoxes(1, 1)}, "a.jpg": {Data: tinyBoxes(1, 1)}, "a.txt": {}},
		"name the one that is meant":               {"x.yaml": {}, "y.yaml": {}},
	} {
		wrongBoxes(t, YOLO(), Input{FS: folder, Name: "."}, want)
	}
}

// An empty label file is a picture in which there is nothing; none at all is one that nobody looked at.
func TestYOLOLooked(t *testing.T) {
	folder := fstest.MapFS{"images/a.png": {Data: tinyBoxes(8, 8)}, "images/b.png": {Data: tinyBoxes(8, 8)}, "images/c.png": {Data: tinyBoxes(8, 8)},
		"labels/a.txt": {}, "labels/c.txt": {Data: []byte("0 0.5 0.5 0.5 0.5\r\n")}, "classes.txt": {Data: []byte("\ufefffish\r\n")}}
	records := roundTripBoxes(t, YOLO(), Input{FS: folder, Name: "."})
	looks, media, labels := ofBoxes[annotate.Look](records), ofBoxes[annotate.Media](records), ofBoxes[annotate.Label](records)
	if len(media) != 3 || len(looks) != 2 || looks[0].Media != "images/a.png" || looks[1].Media != "images/c.png" || len(labels) != 1 || labels[0].Name != "fish" {
		t.Errorf("%+v %+v %+v", media, looks, labels)
	}
}
