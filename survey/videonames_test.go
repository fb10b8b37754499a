package survey

import (
	"testing"

	"requin/annotate"
	"requin/frame"
)

func TestVideoNames(t *testing.T) {
	v := &VideoNames{chapters: []annotate.Chapter{
		{Path: "/media/card/GX010042.MP4", Rate: frame.Rational{Num: 30, Den: 1}, W: 1920, H: 1080},
		{Path: "videos/dive.mp4"}, {Path: "videos/dive_2.mp4"}, {Path: "a/same.mp4"}, {Path: "b/same.mp4"},
	}}
	for name, want := range map[string]string{
		"GX010042.MP4": "GX010042.MP4", `C:\films\gx010042.mp4`: "GX010042.MP4", "GX010042.csv": "GX010042.MP4", "tracks/GX010042_tracks": "GX010042.MP4",
		"dive.gt": "dive.mp4", "dive_2.gt.txt": "dive_2.mp4", "dive_2": "dive_2.mp4", "dive_3": "dive.mp4",
		"diver.mp4": "diver.mp4", "same.mp4": "same.mp4", "": "",
	} {
		var got []annotate.Record
		records := func(yield func(annotate.Record, error) bool) {
			_ = yield(annotate.Media{Name: name, Video: true}, nil) && yield(annotate.Mark{Media: name}, nil)
		}
		for r, err := range v.Matched(records) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		media, mark := got[0].(annotate.Media), got[1].(annotate.Mark)
		if media.Name != want || mark.Media != want {
			t.Errorf("%q became %q, its mark's %q; want %q", name, media.Name, mark.Media, want)
		}
		if want == "GX010042.MP4" && (media.Rate.Num != 30 || media.W != 1920) {
			t.Errorf("%q: %+v", name, media)
		}
	}
	if v.Force("nothing.mp4") || v.Force("same.mp4") || !v.Force("gx010042") {
		t.Error("only a name that means one video can be forced")
	}
	if got := v.media(annotate.Media{Name: "dive.mp4", Video: true, Rate: frame.Rational{Num: 25, Den: 1}}); got.Name != "GX010042.MP4" || got.Rate.Num != 25 {
		t.Errorf("the user's word does not go before the file's, or the file's rate was lost: %+v", got)
	}
	still := annotate.Media{Name: "GX010042.jpg"}
	if got := v.media(still); got.Name != still.Name {
		t.Errorf("a picture became %q", got.Name)
	}
}
