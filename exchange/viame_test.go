package exchange

import (
	"testing"
)

func TestVIAMEReal(t *testing.T) {
	for _, c := range []struct {
		file         string
		media, marks int // awk -F, '!/^#/ && NF' ...: distinct column 2, lines
	}{
		{"formats/viame/example_detections.csv", 20, 992},
		{"formats/viame/fish_no_fish.csv", 21, 21},
		{"formats/viame/habcam.csv", 3243, 4910},
		{"formats/viame/scoring_and_evaluation__detections.csv", 20, 110},
		{"formats/viame/scoring_and_evaluation__groundtruth.csv", 16, 51},
		{"formats/viame/scoring_and_roc_generation__groundtruth.csv", 3, 5},
		{"sharktrack/test-output/viame.csv", 17, 17},
	} {
		t.Run(c.file, func(t *testing.T) {
			media, _, marks := countTracks(roundTracks(t, VIAME(), c.file, Input{}))
			if media != c.media || marks != c.marks {
				t.Errorf("%d media, %d marks, want %d, %d", media, marks, c.media, c.marks)
			}
		})
	}
}

func FuzzVIAME(f *testing.F) {
	for _, s := range []string{
		"0,1.png,0,884.66,510,1219.66,737.66,1,-1,ignored,0.98\n",
		"# metadata,fps: 5,media: a.mp4,\"dataset_info: {}\"\n0,00:00:01.2,6,1,2,3,4,.5,12,shark,.5,(kp) head 1 2,(atr) a b c,(trk-atr) x true\n0,,7,1,2,3,4,.5,12\n",
		"2,v.mp4,3,10,50,20,35,1,-1,type3,0.765,(poly) 0 0 1 0 1 1,(hole) 0 0 1 0 1 1,(note) \"a\nb\"\n",
		"1,a.png,1042.6,495.75,1136,647.75,1.0,Fish(1001),1.0   # box\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, VIAME(), "file.csv", data) })
}
