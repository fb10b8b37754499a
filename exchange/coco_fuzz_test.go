package exchange

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"testing/fstest"

	"requin/annotate"
)

// fuzzBoxes: reading does not panic, gives nothing after an error, and what was read
// without one can be written and read again as the same.
func fuzzBoxes(t *testing.T, f Format, in Input) {
	in.Size = func(string) (int, int, error) { return 640, 480, nil }
	records, err := allBoxes(t, f.Read(in))
	if err != nil {
		return
	}
	for _, r := range records {
		if m, ok := r.(annotate.Mark); ok {
			if box, placed := m.Shape.Bounds(); placed && !box.Finite() {
				t.Fatalf("%+v has no finite place", m)
			}
		}
	}
	again, _, _ := againBoxes(t, f, in, sliceBoxes(records))
	equalBoxes(t, again, records)
}

func FuzzCOCO(f *testing.F) {
	for _, seed := range cocoSeedsBoxes {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzBoxes(t, COCO(), textBoxes("x.json", text)) })
}

var cocoSeedsBoxes = []string{
	`[]`, `{}`, `[{"image_id":1,"category_id":"c","bbox":[1,2,3.5,4],"score":0.5}]`,
	`{"annotations":[{"id":1,"image_id":"a","category_id":2,"bbox":[0.1,0.2,0.3,0.4],"area":5,"iscrowd":1,"segmentation":[[1,2,3,4,5,6]],"keypoints":[1,2,2],"attributes":{"x":1,"occluded":true,"y":"z","l":[1]}},` +
		`{"id":2,"image_id":"a","category_id":3}],"images":[{"id":"a","file_name":"d\\a.jpg","width":10,"height":20,"license":1}],` +
		`"categories":[{"id":2,"name":"fish","supercategory":"animal"},{"id":3,"name":"fish","color":"red"}],"info":{"year":2020,"a":[1, 2]},"licenses":[{"id":1}]}`,
	`{"videos":[{"id":1,"name":"v.mp4","width":5,"fps":2}],"images":[{"id":1,"file_name":"v/1.jpg","video_id":1,"frame_id":0},{"id":2,"file_name":"v/2.jpg","video_id":1,"frame_index":3}],` +
		`"annotations":[{"id":1,"image_id":2,"category_id":1,"bbox":[0,0,1,1],"track_id":7},{"id":2,"image_id":1,"category_id":1,"bbox":[0,0,1,1],"instance_id":"b"}],"categories":[{"id":1,"name":"x"}]}`,
}

func FuzzVOC(f *testing.F) {
	f.Add(`<annotation verified="yes"><folder>f</folder><filename>a b.jpg</filename><source><database>x</database></source><size><width>9</width><height>8</height><depth>1</depth></size>` +
		`<object><name>fish</name><pose>Left</pose><truncated>1</truncated><bndbox><ymin>1</ymin><xmin>0.5</xmin><xmax>3</xmax><ymax>4</ymax></bndbox><part><name>head</name></part>` +
		`<attributes><attribute><name>n</name><value>v</value></attribute></attributes><x y="1">t<z/></x></object></annotation>`)
	f.Add(`<?xml version="1.0" encoding="ISO-8859-1"?><annotation><filename>C:\x\Ann` + "\xe9" + `e.png</filename><x/><x/><owner> n </owner></annotation>`)
	f.Fuzz(func(t *testing.T, text string) { fuzzBoxes(t, VOC(), textBoxes("a.xml", text)) })
}

func FuzzCVATVideo(f *testing.F) {
	f.Add(`<annotations><version>1.1</version><meta><task><id>5</id><name>v</name><size>9</size><original_size><width>25</width><height>20</height></original_size><labels><label><name>II</name><color>#fff</color>` +
		`<attributes><attribute><name>a</name><mutable>False</mutable><input_type>select</input_type><default_value>x</default_value></attribute></attributes></label></labels></task><dumped>d</dumped><source>t.mp4</source></meta>` +
		`<track id="0" label="II" source="auto"><box frame="1" outside="0" occluded="1" keyframe="1" xtl="3.00" ytl="4.10" xbr="10.00" ybr="5.00" z_order="2" rotation="30"><attribute name="a">x</attribute></box>` +
		`<polygon frame="2" keyframe="0" points="1,2;3,4;5,6.5"/><ellipse frame="3" outside="1" cx="1.1" cy="2.3" rx="3" ry="0.7"/><mask frame="4" rle="1, 2" left="1" top="2" width="3" height="4"/>` +
		`<cuboid frame="5" xtl1="1" ytl1="2" xbl1="3" ybl1="4" xtr1="5" ytr1="6" xbr1="7" ybr1="8" xtl2="1" ytl2="2" xbl2="3" ybl2="4" xtr2="5" ytr2="6" xbr2="7" ybr2="8"/></track>` +
		`<track id="1" label="s"><skeleton frame="0" points="1,2;3,4"/><track id="0" label="p"><points frame="0" points="1,2"/></track></track></annotations>`)
	f.Add(`<annotations><meta><project><name>p</name><tasks><task><id>1</id><source>a</source></task><task><id>2</id><name>b</name></task></tasks></project></meta><track id="0" label="" task_id="2"/></annotations>`)
	f.Fuzz(func(t *testing.T, text string) { fuzzBoxes(t, CVATVideo(), textBoxes("a.xml", text)) })
}

func FuzzCVATImages(f *testing.F) {
	f.Add(`<annotations><meta><job><id>5</id><labels><label><name>1</name><type>points</type><parent>s</parent></label></labels></job></meta><image id="0" name="d\a.jpg" subset="train" width="5" height="6" task_id="3">` +
		`<tag label="t" source="file"/><polyline label="" points="1.0,2;3,4"/><skeleton label="s" points="" rotation="0.00"><points label="1" outside="1" points="1,1"/><points label="2" points="2,2"></points><attribute name="q">1</attribute></skeleton></image></annotations>`)
	f.Fuzz(func(t *testing.T, text string) { fuzzBoxes(t, CVATImages(), textBoxes("a.xml", text)) })
}

func FuzzLabelStudio(f *testing.F) {
	f.Add(studioImages)
	f.Add(studioVideo)
	f.Add(`[{"id":1,"image":"a.jpg","label":[{"x":1,"y":2,"width":3,"height":4,"rectanglelabels":["a"]}],"annotator":1,"annotation_id":2}]`)
	f.Fuzz(func(t *testing.T, text string) { fuzzBoxes(t, LabelStudio(), textBoxes("a.json", text)) })
}

func FuzzYOLO(f *testing.F) {
	f.Add("names: [a, b]\ntrain: images\n", "0 0.5 0.5 0.25 0.125\n1 0.1 0.2 0.3 0.4 0.5 0.6 0.75\n\n1.0 .5 .5 1 1 0.5")
	f.Add("path: ../x\nnames:\n  0: a\nkpt_shape: [2, 3]\nflip_idx: [1, 0]\nval: [images/a.png]\nx: {1: .nan}\n", "0 0.5 0.5 0.25 0.125 .1 .2 2 .3 .4 1 0.5")
	f.Add("", "3 0.1 0.2 0.1 0.2")
	f.Add("s: a\ntrain:", "0 0.5 0.5 0.25 0.125")
	picture := tinyBoxes(64, 48)
	f.Fuzz(func(t *testing.T, config, labels string) {
		folder := fstest.MapFS{"images/a.png": {Data: picture}, "images/b.png": {Data: picture}, "labels/a.txt": {Data: []byte(labels)}}
		if config != "" {
			folder["data.yaml"] = &fstest.MapFile{Data: []byte(config)}
		}
		fuzzBoxes(t, YOLO(), Input{FS: folder, Name: "."})
	})
}

// tinyBoxes is a picture of one colour.
func tinyBoxes(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.Bytes()
}
