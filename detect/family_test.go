package detect

import (
	"fmt"
	"strings"
	"testing"

	"requin/onnx"
	"requin/taxon"
)

// declare reads "name type 1,3,?,?" into a value.
func declare(text string) onnx.Value {
	fields := strings.Fields(text)
	v := onnx.Value{Name: fields[0], Dims: []onnx.Dim{}}
	v.Type = map[string]onnx.Type{"f32": onnx.Float32, "f16": onnx.Float16, "u8": onnx.Uint8, "i64": onnx.Int64}[fields[1]]
	for _, d := range strings.Split(fields[2], ",") {
		size := int64(-1)
		fmt.Sscan(d, &size)
		v.Dims = append(v.Dims, onnx.Dim{Size: size})
	}
	return v
}

func file(input, outputs string, metadata ...string) *onnx.Info {
	info := &onnx.Info{Metadata: map[string]string{}, Ops: map[string]int{}}
	for _, v := range strings.Split(input, ";") {
		info.Inputs = append(info.Inputs, declare(v))
	}
	for _, v := range strings.Split(outputs, ";") {
		info.Outputs = append(info.Outputs, declare(v))
	}
	for i := 0; i < len(metadata); i += 2 {
		info.Metadata[metadata[i]] = metadata[i+1]
	}
	return info
}

func with(info *onnx.Info, op string) *onnx.Info {
	info.Ops[op]++
	return info
}

const (
	fishNames = "{0: 'fish', 1: 'shark'}"
	in640     = "images f32 1,3,640,640"
)

// What each exporter writes, and what is made of it.
func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		name    string
		info    *onnx.Info
		opt     Options
		want    string // family, head, classes, size
		classes int
	}{
		{"yolox", file("images f32 1,3,416,416", "output f32 1,3549,85"), Options{}, "yolox [1,N,5+C], not decoded 416×416", 80},
		{"yolox, one class", file("images f32 1,3,416,416", "output f32 1,3549,6"), Options{}, "yolox [1,N,5+C], not decoded 416×416", 1},
		{"yolox P6", file("images f32 ?,3,640,640", "output f32 ?,8500,7", "names", fishNames), Options{}, "yolox [1,N,5+C], not decoded 640×640", 2},
		{"yolox, wide", file("images f32 1,3,384,640", "output f32 1,5040,7"), Options{}, "yolox [1,N,5+C], not decoded 640×384", 2},
		{"yolox, open, by flag", file("images f32 ?,3,?,?", "output f32 ?,?,85"), Options{Family: "yolox", Width: 416, Height: 416}, "yolox [1,N,5+C], not decoded 416×416", 80},
		{"our own, open", file("images f32 1,3,?,?", "output f32 1,?,7", "requin.family", "yolox", "requin.classes", `["fish","shark"]`, "requin.input", "640x384"), Options{}, "yolox [1,N,5+C], not decoded 640×384", 2},
		{"yolox, decoded by its word", file("images f32 1,3,416,416", "output f32 1,3549,6", "requin.decoded", "true"), Options{}, "yolox [1,N,5+C], decoded in the file 416×416", 1},
		{"yolox, decoded", with(file("images f32 1,3,416,416", "output f32 1,3549,6"), "Exp"), Options{}, "yolox [1,N,5+C], decoded in the file 416×416", 1},
		{"v5", file(in640, "output0 f32 1,25200,7", "names", fishNames, "stride", "32", "task", "detect"), Options{}, "ultralytics [1,N,5+C], v5 640×640", 2},
		{"v5, old, raw heads too", file(in640, "output f32 1,25200,85;a f32 1,3,80,80,85;b f32 1,3,40,40,85"), Options{}, "ultralytics [1,N,5+C], v5 640×640", 80},
		{"v5, one class", file(in640, "output0 f32 1,25200,6"), Options{}, "ultralytics [1,N,5+C], v5 640×640", 1},
		{"v8", file(in640, "output0 f32 1,84,8400"), Options{}, "ultralytics [1,4+C,N], v8 640×640", 80},
		{"v8, two classes", file(in640, "output0 f32 1,6,8400", "names", fishNames), Options{}, "ultralytics [1,4+C,N], v8 640×640", 2},
		{"v8, open", file("images f32 ?,3,?,?", "output0 f32 ?,6,?", "names", fishNames, "imgsz", "[384, 640]", "stride", "32"), Options{}, "ultralytics [1,4+C,N], v8 640×384", 2},
		{"v5, open", file("images f32 ?,3,?,?", "output0 f32 ?,?,7", "names", fishNames, "stride", "32"), Options{}, "ultralytics [1,N,5+C], v5 640×640", 2},
		{"end to end", file(in640, "output0 f32 1,300,6", "names", fishNames), Options{}, "ultralytics [1,K,6], end to end 640×640", 2},
		{"rt-detr", file(in640, "output0 f32 1,300,6", "names", fishNames), Options{Family: "rt-detr"}, "rt-detr [1,K,4+C] 640×640", 2},
		{"rt-detr, COCO", file(in640, "output0 f32 1,300,84"), Options{}, "rt-detr [1,K,4+C] 640×640", 80},
		{"rf-detr", file("input f32 1,3,560,560", "dets f32 1,300,4;labels f32 1,300,91"), Options{}, "rf-detr sigmoid 560×560", 91},
		{"rf-detr, fine-tuned", file("input f32 1,3,560,560", "dets f32 1,300,4;labels f32 1,300,3", "names", fishNames), Options{}, "rf-detr sigmoid 560×560", 2},
		{"detr, named", file("pixels f32 1,3,800,800", "logits f32 1,100,3;pred_boxes f32 1,100,4", "names", fishNames), Options{}, "detr softmax with a column for no object 800×800", 2},
		{"detr, by flag", file("pixels f32 ?,3,?,?", "pred_logits f32 ?,100,92;pred_boxes f32 ?,100,4"), Options{Family: "DETR"}, "detr softmax with a column for no object 1333×800", 91},
		{"deformable, by flag", file("pixels f32 ?,3,?,?", "logits f32 ?,300,91;pred_boxes f32 ?,300,4"), Options{Family: "rf-detr"}, "rf-detr sigmoid 560×560", 91},
		{"torchvision", file("input f32 1,3,?,?", "boxes f32 ?,4;labels i64 ?;scores f32 ?", "names", fishNames), Options{}, "torchvision boxes, labels, scores 1333×800", 3},
		{"torchvision, numbered outputs", file("images f32 3,600,800", "2545 f32 ?,4;2546 i64 ?;2547 f32 ?"), Options{}, "torchvision boxes, labels, scores 800×600", 91},
		{"tensorflow 1", file("image_tensor:0 u8 ?,?,?,3", "detection_boxes:0 f32 ?,100,4;detection_classes:0 f32 ?,100;detection_scores:0 f32 ?,100;num_detections:0 f32 ?"), Options{}, "tensorflow detection_boxes, detection_classes, detection_scores 1333×800", 91},
		{"tensorflow 2", file("input_tensor u8 1,?,?,3", "detection_boxes f32 1,100,4;detection_classes f32 1,100;detection_scores f32 1,100;num_detections f32 1;raw_detection_scores f32 1,100,91"), Options{}, "tensorflow detection_boxes, detection_classes, detection_scores 1333×800", 91},
		{"tensorflow, floats", file("input f32 1,320,480,3", "x/detection_boxes:0 f32 1,100,4;x/detection_classes:0 f32 1,100;x/detection_scores:0 f32 1,100"), Options{}, "tensorflow detection_boxes, detection_classes, detection_scores 480×320", 91},
		{"nanodet", file("data f32 1,3,320,320", "cls_pred_stride_8 f32 1,1600,80;cls_pred_stride_16 f32 1,400,80;cls_pred_stride_32 f32 1,100,80;dis_pred_stride_8 f32 1,1600,32;dis_pred_stride_16 f32 1,400,32;dis_pred_stride_32 f32 1,100,32"), Options{}, "nanodet [1,N,C] and [1,N,32] for each stride 320×320", 80},
		{"nanodet-plus", file("data f32 1,3,416,416", "output f32 1,3598,112"), Options{}, "nanodet [1,N,C+32] 416×416", 80},
		{"nanodet, two classes", file("data f32 1,3,320,320", "output f32 1,2100,34", "names", fishNames), Options{}, "nanodet [1,N,C+32] 320×320", 2},
		{"fastestdet", file("input.1 f32 1,3,352,352", "758 f32 1,85,22,22"), Options{}, "fastestdet [1,5+C,H/16,W/16] 352×352", 80},
	} {
		p, err := read(c.info, c.opt)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := fmt.Sprintf("%s %s %d×%d", p.family.name, p.head, p.w, p.h); got != c.want || len(p.classes) != c.classes {
			t.Errorf("%s: %s with %d classes, want %s with %d", c.name, got, len(p.classes), c.want, c.classes)
		}
	}
}

// Where a file is no detector, or may be two, the error says what to do.
func TestRecogniseErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		info *onnx.Info
		opt  Options
		want string
	}{
		{"classifier", file("x f32 1,3,224,224", "logits f32 1,1000"), Options{}, "logits float32[1,1000], which no detector that Requin knows writes (yolox, ultralytics"},
		{"segmentation", file(in640, "output0 f32 1,116,8400;output1 f32 1,32,160,160"), Options{}, "segmentation"},
		{"task", file(in640, "output0 f32 1,56,8400", "task", "pose"), Options{}, `task "pose"`},
		{"two dimensions", file("x f32 1,224", "output f32 1,3549,85"), Options{}, "a detector takes a picture"},
		{"five dimensions", file("x f32 1,3,8,224,224", "output f32 1,3549,85"), Options{}, "a detector takes a picture"},
		{"one channel", file("x f32 1,1,416,416", "output f32 1,3549,85"), Options{}, "3 channels"},
		{"a batch", file("x f32 8,3,416,416", "output f32 8,3549,85"), Options{}, "batch of 1"},
		{"half", file("x f16 1,3,416,416", "output f16 1,3549,85"), Options{}, "float32"},
		{"two inputs", file("images f32 1,3,640,640;orig_target_sizes i64 1,2", "labels i64 1,300;boxes f32 1,300,4;scores f32 1,300"), Options{}, "2 inputs"},
		{"detr or its descendants", file("x f32 1,3,800,800", "logits f32 1,100,92;pred_boxes f32 1,100,4"), Options{}, "--family detr or --family rf-detr"},
		{"mmdeploy", file("x f32 1,3,800,800", "dets f32 1,100,5;labels i64 1,100"), Options{}, "MMDeploy"},
		{"yolox or v5, open", file("x f32 1,3,?,?", "output f32 1,?,85"), Options{}, "--family yolox or --family ultralytics"},
		{"yolox or nanodet", file("x f32 1,3,416,416", "output f32 1,3549,45"), Options{}, "--family yolox or --family nanodet"},
		{"no such family", file("x f32 1,3,416,416", "output f32 1,3549,85"), Options{Family: "yolo99"}, "no family is called"},
		{"wrong family", file("x f32 1,3,416,416", "output f32 1,3549,85"), Options{Family: "tensorflow"}, "does not fit the family tensorflow (named by the user)"},
		{"wrong family", file("x f32 1,3,416,416", "output f32 1,3549,85"), Options{Family: "ultralytics"}, "3549 cells"},
		{"names do not fit", file("x f32 1,3,416,416", "output f32 1,3549,85", "names", fishNames), Options{}, "names 2 classes, but its outputs hold 80"},
		{"broken names", file("x f32 1,3,416,416", "output f32 1,3549,85", "names", "{0: 'a"), Options{}, `metadata "names"`},
		{"fixed size", file("x f32 1,3,416,416", "output f32 1,3549,85"), Options{Width: 640, Height: 640}, "cannot be run at 640×640"},
		{"half a size", file("x f32 1,3,?,?", "output f32 1,?,85"), Options{Width: 640}, "both width and height"},
		{"odd size", file("x f32 1,3,?,?", "output0 f32 1,84,?"), Options{Width: 650, Height: 640}, "multiples of 32"},
		{"huge size", file("x f32 1,3,?,?", "output0 f32 1,84,?"), Options{Width: 65536, Height: 65536}, "larger than any"},
		{"normalisation", file("x f32 1,3,416,416", "output f32 1,3549,85", "requin.normalisation", `{"std":[0,1,1]}`), Options{}, "std"},
		{"letterbox", file("x f32 1,3,416,416", "output f32 1,3549,85", "requin.normalisation", `{"letterbox":"left"}`), Options{}, "top-left"},
		{"no output", &onnx.Info{Inputs: []onnx.Value{declare(in640)}}, Options{}, "no detector"},
	} {
		if _, err := read(c.info, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// The file's own word on pixels is taken, and what it leaves out is the family's.
func TestPixelsOfTheFile(t *testing.T) {
	p, err := read(file("x f32 1,3,416,416", "output f32 1,3549,85", "requin.normalisation", `{"channels":"rgb","mean":[1,2,3]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Pixels{Channels: "rgb", Mean: [3]float32{1, 2, 3}, Std: [3]float32{1, 1, 1}, Letterbox: topLeft, Fill: 114}
	if p.pixels != want {
		t.Errorf("%+v, want %+v", p.pixels, want)
	}
}

func TestCardSaysHow(t *testing.T) {
	info := file("x f32 1,3,416,416", "output f32 1,3549,85")
	d, err := prepare(info, Options{Taxa: taxon.List{{Name: "bird"}, {Name: "turtle"}, {Name: "diver", Classes: []string{"person"}, Role: taxon.Context}}, Low: 0.2, Threshold: 0.15})
	if err != nil {
		t.Fatal(err)
	}
	c := d.Card()
	if c.FamilyFrom != "read off its outputs" || !strings.Contains(c.ClassesFrom, "COCO") || len(c.Dropped) != 78 ||
		len(c.Unseen) != 1 || c.Unseen[0] != "turtle" || c.Low != 0.15 || c.NMS != 0.45 || c.Device != "cpu" || c.Taxa[2].Threshold != 0.15 {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		asked, family float64
		merged        bool
		want          float64
	}{{0, 0.45, false, 0.45}, {0.6, 0.45, true, 0.6}, {-1, 0.45, false, 0}, {0, 0, false, 0}, {0, 0, true, 0.45}} {
		if got := overlap(c.asked, c.family, c.merged); got != c.want {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
