package video

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"requin/frame"
)

// interlaced is the clock filmed in 25 interlaced pictures a second: the two fields of each show two times, a fiftieth of a second apart.
func interlaced(order string) []string {
	mode, mark := "interleave_top", "tff"
	if order == "b" {
		mode, mark = "interleave_bottom", "bff"
	}
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("%s,tinterlace=%s,setfield=%s", clockFilter(50, 5), mode, mark)}
}

// bits writes the syntax of H.264 (ITU-T H.264, 7.3).
type bits struct {
	out  []byte
	free int // bits that are not taken in the last byte
}

func (b *bits) u(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		if b.free == 0 {
			b.out, b.free = append(b.out, 0), 8
		}
		b.free--
		b.out[len(b.out)-1] |= byte(v>>i&1) << b.free
	}
}

func (b *bits) ue(values ...uint32) {
	for _, v := range values {
		n := 0
		for v+1 >= 2<<n {
			n++
		}
		b.u(n, 0)
		b.u(n+1, v+1)
	}
}

// unit is a NAL unit of a kind, its end marked, its zeros escaped.
func (b *bits) unit(head byte) []byte {
	b.u(1, 1)
	out, zeros := []byte{0, 0, 0, 1, head}, 0
	for _, c := range b.out {
		if zeros >= 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, c); c == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// paff writes the interlaced clock in H.264 as AVCHD cameras do and ffmpeg cannot: each field is a picture by itself (PAFF), with an IDR
// picture every gop. The blocks are not compressed (I_PCM).
func paff(pictures, gop int) []byte {
	var sps, pps bits
	sps.u(24, 77<<16|30) // Main, level 3
	sps.ue(0, 0, 0, 4, 1)
	sps.u(1, 0)
	sps.ue(3, 1)      // 64×64
	sps.u(5, 0b00101) // fields, no MBAFF, direct inference, no cropping, VUI
	sps.u(5, 0b00001) // timing alone
	sps.u(32, 1)
	sps.u(32, 50)
	sps.u(4, 0b1000)
	sps.u(2, 0b11) // limits
	sps.ue(0, 0, 16, 16, 0, 1)
	pps.ue(0, 0)
	pps.u(2, 0)
	pps.ue(0, 0, 0)
	pps.u(3, 0)
	pps.ue(0, 0, 0)
	pps.u(3, 0b100)
	tables := append(sps.unit(0x67), pps.unit(0x68)...)
	var out []byte
	for k := range pictures {
		for bottom := range 2 {
			out = append(out, 0, 0, 0, 1, 9, 0x10)
			var slice bits
			idr := k%gop == 0 && bottom == 0
			kind, unpacked := uint32(7), uint32(25) // I, and I_PCM in it
			if !idr {
				kind, unpacked = 5, 30 // P
			}
			slice.ue(0, kind, 0)
			slice.u(4, uint32(k%gop%16))
			slice.u(2, 2|uint32(bottom))
			if idr {
				slice.ue(uint32(k / gop % 2))
			}
			slice.u(8, uint32(2*(k%gop)+bottom)%256)
			if !idr {
				slice.u(2, 0) // references as usual
			}
			head := byte(0x41)
			if idr {
				out, head = append(out, tables...), 0x45
				slice.u(2, 0)
			} else {
				slice.u(1, 0)
			}
			slice.ue(0, 1)
			for block := range 8 {
				if !idr {
					slice.ue(0) // none is skipped
				}
				slice.ue(unpacked)
				slice.free = 0
				for y := range 16 {
					grey := byte(16)
					tick, square := 2*k+bottom, block%4+4*((2*(16*(block/4)+y)+bottom)/16)
					if (tick^tick>>1)>>square&1 == 1 {
						grey = 235
					}
					for range 16 {
						slice.out = append(slice.out, grey)
					}
				}
				for range 128 {
					slice.out = append(slice.out, 128)
				}
			}
			out = append(out, slice.unit(head)...)
		}
	}
	return out
}

// interlacedFiles are the ways in which interlaced video comes.
func interlacedFiles(all bool) map[string]func(*testing.T) string {
	mbaff := func(order string) []string {
		return append(x264(12, 2), "-flags", "+ilme+ildct", "-x264-params", order+"ff=1:b-adapt=0")
	}
	mpeg2 := []string{"-c:v", "mpeg2video", "-q:v", "2", "-g", "12", "-bf", "2", "-flags", "+ilme+ildct"}
	made := func(name string, args ...[]string) func(*testing.T) string {
		return func(t *testing.T) string { return clip(t, "interlaced-"+name, args...) }
	}
	fields := func(name string) func(*testing.T) string {
		return func(t *testing.T) string {
			needFFmpeg(t)
			raw := filepath.Join(t.TempDir(), "fields.h264")
			if err := os.WriteFile(raw, paff(125, 12), 0o644); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(filepath.Dir(raw), name)
			if out, err := exec.Command("ffmpeg", "-v", "error", "-framerate", "25", "-i", raw, "-c", "copy", path).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return path
		}
	}
	files := map[string]func(*testing.T) string{
		"MBAFF.mts":      made("mbaff.mts", interlaced("t"), mbaff("t"), []string{"-f", "mpegts"}),
		"PAFF.mp4":       fields("paff.mp4"), // which does not state the order of fields
		"MPEG-2 low.mpg": made("low.mpg", interlaced("b"), mpeg2, []string{"-top", "0"}),
	}
	if all {
		files["MBAFF.mp4"] = made("mbaff.mp4", interlaced("t"), mbaff("t"))
		files["MBAFF low.mkv"] = made("low.mkv", interlaced("b"), mbaff("b"))
		files["PAFF.ts"] = fields("paff.ts")
		files["PAFF.mkv"] = fields("paff.mkv")
		files["MPEG-2.ts"] = made("mpeg2.ts", interlaced("t"), mpeg2, []string{"-top", "1", "-f", "mpegts"})
		files["MPEG-2.mkv"] = made("mpeg2.mkv", interlaced("t"), mpeg2, []string{"-top", "1", "-output_ts_offset", "5"})
	}
	return files
}

// combedSquares counts the squares of a picture of the clock in whose middle lines of both kinds lie.
func combedSquares(pix []byte, size int) int {
	n := 0
	for bit := range 16 {
		x, y := size*(2*(bit%4)+1)/8, size*(2*(bit/4)+1)/8
		low, high := byte(255), byte(0)
		for dy := -2; dy < 3; dy++ {
			grey := pix[3*((y+dy)*size+x)+1]
			low, high = min(low, grey), max(high, grey)
		}
		if high-low > 60 {
			n++
		}
	}
	return n
}

// Interlaced video is told, and whoever shows a picture of it shows one moment, without combs, the same to every byte.
func TestInterlaced(t *testing.T) {
	all := os.Getenv("REQUIN_VERIFY") != ""
	for name, file := range interlacedFiles(all) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, file(t))
			if err := d.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			f := d.Files[0]
			if f.Fields == "" || f.Rate() < 24 || f.Rate() > 26 {
				t.Fatalf("%q, unmarked %v, %.2f pictures a second", f.Fields, f.Unmarked, f.Rate())
			}
			w := watcher{t, d, moment{shows: func(at time.Duration) time.Duration { return at }}, 0}
			byTime := map[time.Duration][]byte{}
			for i, every := range []time.Duration{40 * time.Millisecond, time.Second} {
				got := watch(t, d, frame.Sampling{Every: every}, 2*time.Second, 64, 64)
				if len(got.gaps) > 0 || len(got.pictures) != got.plan.Expected {
					t.Fatalf("every %v: %d pictures of %d, gaps %v", every, len(got.pictures), got.plan.Expected, got.gaps)
				}
				for k, p := range got.pictures {
					if i == 0 && k == 0 {
						w.origin, _ = told(p.pix, 64, 64) // check says what is wrong
					}
					w.check(fmt.Sprintf("every %v", every), p.pix, 64, p.at)
					if n := combedSquares(p.pix, 64); n > 0 {
						t.Errorf("every %v: %d combs at %v", every, n, p.at)
					}
					if i == 0 {
						byTime[p.at] = p.pix
					} else if string(byTime[p.at]) != string(p.pix) {
						t.Errorf("every %v: another picture at %v than every 40 ms", every, p.at)
					}
				}
			}
			for _, at := range []time.Duration{0, 1960 * time.Millisecond, d.Duration() - 45*time.Millisecond} {
				instant, ok := d.Nearest(at)
				if !ok {
					t.Fatalf("no picture at %v", at)
				}
				still, err := d.Still(t.Context(), instant)
				if err != nil {
					t.Fatal(err)
				}
				if pix := rgbOf(still, 64, 64); string(pix) != string(byTime[instant.Time]) {
					t.Errorf("the still at %v is another picture than was counted", instant.Time)
				}
			}
			w.clip(2300 * time.Millisecond)
		})
	}
}

// Interlaced pictures in a file that does not say so, as some recorders and editors leave them, are told by their combs.
func TestUnmarkedInterlaced(t *testing.T) {
	film := []string{"-f", "lavfi", "-i", "nullsrc=s=320x180:r=50:d=5,format=gray,geq=lum='128+90*sin((X-150*T)/6)+20*sin(Y/15)',format=yuv420p"} // waves that go sideways
	whole := reference(t, clip(t, "unmarked-whole.mp4", film, append(x264(12, 0), "-crf", "5")), 0, 320, 180)
	for name, c := range map[string]struct {
		filter string
		codec  []string
		want   Fields
	}{
		"top.mp4":    {"tinterlace=interleave_top,setfield=prog", append(x264(12, 0), "-crf", "5"), TopFirst},
		"bottom.avi": {"tinterlace=interleave_bottom,setfield=prog", []string{"-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"}, BottomFirst},
	} {
		t.Run(name, func(t *testing.T) {
			path := clip(t, "unmarked-"+name, film, []string{"-vf", c.filter}, c.codec)
			d := open(t, path)
			if err := d.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			f := d.Files[0]
			if f.Fields != c.want || !f.Unmarked {
				t.Fatalf("%q, unmarked %v", f.Fields, f.Unmarked)
			}
			raw := reference(t, path, f.Stream, 320, 180)
			got := watch(t, d, frame.Sampling{Every: 40 * time.Millisecond}, time.Minute, 0, 0)
			for i := 10; i < 100; i += 30 {
				combed, _ := difference(raw[i].pix, whole[2*i].pix)
				mended, _ := difference(got.pictures[i].pix, whole[2*i].pix)
				if mended > combed/2 {
					t.Errorf("picture %d differs by %.2f from the one that was filmed, with combs by %.2f", i, mended, combed)
				}
			}
		})
	}
}

// Progressive video is left as it is, whatever lies in it: gratings, noise, stillness.
func TestProgressive(t *testing.T) {
	for name, args := range map[string][]string{
		"sea":     sea("25", 5),
		"grating": {"-f", "lavfi", "-i", `nullsrc=s=160x96:r=25:d=5,format=gray,geq=lum='255*mod(Y+floor(N/3)\,2)',format=yuv420p`},
		"still":   {"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=5,select=eq(n\\,0),loop=-1:1,trim=duration=5"},
		"noise":   {"-f", "lavfi", "-i", "nullsrc=s=160x96:r=25:d=5,format=gray,geq=lum='random(1)*255',format=yuv420p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := probe(t, clip(t, "progressive-"+name+".mp4", args, append(x264(12, 0), "-crf", "5")))
			if err := f.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			if f.Fields != "" {
				t.Errorf("is taken for interlaced: %s, unmarked %v", f.Fields, f.Unmarked)
			}
		})
	}
}

func TestParseLook(t *testing.T) {
	said := `[Parsed_showinfo_0 @ 0x55] n:   0 pts: 126000 pts_time:1.4     pos:      564 fmt:yuv420p sar:0/1 s:64x64 i:T iskey:1 type:I
[Parsed_showinfo_2 @ 0x56] n:   0 pts:  99000 pts_time:1.1     fmt:yuv420p sar:0/1 s:64x64 i:B iskey:1 type:I
[Parsed_showinfo_0 @ 0x55] n:   1 pts: 129600 pts_time:1.44    fmt:yuv420p sar:0/1 s:64x64 i:T iskey:1 type:I
[Parsed_showinfo_0 @ 0x55] n:   2 pts: NOPTS pts_time:NOPTS    fmt:yuv420p sar:0/1 s:64x64 i:P iskey:1 type:I
[Parsed_idet_1 @ 0x55] Single frame detection: TFF:    9 BFF:     0 Progressive:     9 Undetermined:     9
[Parsed_idet_1 @ 0x55] Multi frame detection: TFF:    17 BFF:     1 Progressive:     2 Undetermined:     3
[Parsed_idet_3 @ 0x55] Multi frame detection: TFF:    1 BFF:     1 Progressive:     1 Undetermined:     1
`
	want := looked{top: 2, bottom: 1, step: 3600, combs: combs{top: 18, bottom: 2, progressive: 3, indeterminate: 4}}
	if got := parseLook(said); got != want {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		seen  combs
		order Fields
	}{
		{combs{}, ""},
		{combs{top: 30, indeterminate: 4}, TopFirst},
		{combs{bottom: 34}, BottomFirst},
		{combs{top: 33, progressive: 1}, ""},
		{combs{top: 17, bottom: 17}, ""},
		{combs{top: 30, bottom: 1}, ""},
		{combs{top: 10, indeterminate: 24}, ""},
		{combs{progressive: 34}, ""},
	} {
		if order := c.seen.order(); order != c.order {
			t.Errorf("%+v: %q", c.seen, order)
		}
	}
}
