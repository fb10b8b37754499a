package detect

// coco80 are the classes of COCO detection in the order in which most detectors
// number them, without gaps.
func coco80() []string {
	return []string{
		"person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
		"traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog",
		"horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella",
		"handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
		"baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
		"wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
		"broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant",
		"bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
		"microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors",
		"teddy bear", "hair drier", "toothbrush",
	}
}

// nameless is a number that stands for no class: the background, or a gap in COCO's
// own numbers.
const nameless = ""

// coco91 are the same classes under COCO's own category numbers, 1 to 90. 0 and the
// numbers of the ten classes that were never annotated are nameless.
func coco91() []string {
	gaps := map[int]bool{0: true, 12: true, 26: true, 29: true, 30: true, 45: true, 66: true, 68: true, 69: true, 71: true, 83: true}
	names, next := make([]string, 91), coco80()
	for i := range names {
		if gaps[i] {
			names[i] = nameless
			continue
		}
		names[i], next = next[0], next[1:]
	}
	return names
}
