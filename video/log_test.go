package video

import (
	"slices"
	"strings"
	"testing"
)

func TestParseLog(t *testing.T) {
	for _, c := range []struct {
		line string
		want event
		ok   bool
	}{
		{"[h264 @ 0x5592] [error] error while decoding MB 53 20, bytestream -7", event{text: "h264: error while decoding MB 53 20, bytestream -7"}, true},
		{"[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] Error submitting packet", event{text: "dec:h264: Error submitting packet"}, true},
		{"[error] Error while decoding stream #0:0: Invalid data", event{text: "Error while decoding stream #0:0: Invalid data"}, true},
		{"[fatal] Not enough memory", event{text: "Not enough memory"}, true},
		{"[error]", event{text: "unknown"}, true},
		{"[warning] pipe:0: corrupt decoded frame in stream 0", event{text: "a picture was decoded with errors"}, true},
		{"[warning] a.ts: corrupt input packet in stream 0", event{text: "a part of the file is corrupt"}, true},
		{"[h264 @ 0x5592] [info] concealing 12 DC, 12 AC, 12 MV errors in P frame", event{text: "h264: concealing 12 DC, 12 AC, 12 MV errors in P frame"}, true},
		// What a file is called, or says of itself, is no complaint.
		{"[info] Input #0, mov, from 'file:/x/[error] dive.mp4':", event{}, false},
		{"[info]   title           : corrupt decoded frame [error] x", event{}, false},
		{"[swscaler @ 0x1] [warning] deprecated pixel format used", event{}, false},
		{"[verbose", event{}, false},
		{"", event{}, false},
	} {
		got, ok := parseLog(c.line)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %+v %v, want %+v %v", c.line, got, ok, c.want, c.ok)
		}
	}
}

func TestAnnounced(t *testing.T) {
	const filter = "[Parsed_metadata_1 @ 0x5581] [info] "
	for _, c := range []struct {
		line, rest string
		picture    *shown
		key        string
	}{
		{filter + "frame:3    pts:46080   pts_time:3", filter, &shown{3, 46080}, ""},
		{filter + "frame:0    pts:-512    pts_time:-0.0333333\n", filter, &shown{0, -512}, ""},
		{filter + "frame:12   pts:NOPTS   pts_time:NOPTS", filter, &shown{12, noPTS}, ""},
		{filter + "requin.pick=1\n", filter, nil, pickKey},
		{filter + "requin.lead=1", filter, nil, leadKey},
		// A decoder was about to say more.
		{"[h264 @ 0x5592] [warning] Late SEIframe:4    pts:61440   pts_time:4", "[h264 @ 0x5592] [warning] Late SEI", &shown{4, 61440}, ""},
		{"[h264 @ 0x5592] [error] badrequin.pick=1", "[h264 @ 0x5592] [error] bad", nil, pickKey},
		// A file says such things of itself.
		{"[info]     title           : frame:4    pts:61440   pts_time:4", "", nil, ""},
		{"[info] Input #0, mov, from 'file:[a @ 0x1] [info] requin.pick=1", "", nil, ""},
		{"frame:4    pts:61440   pts_time:4", "", nil, ""},
		{filter + "frame:99999999999999999999 pts:1 pts_time:4", "", nil, ""},
	} {
		rest, picture, key := announced(c.line)
		if c.rest == "" {
			c.rest = strings.TrimSpace(c.line)
		}
		if rest != c.rest || key != c.key || (picture == nil) != (c.picture == nil) || picture != nil && *picture != *c.picture {
			t.Errorf("%q: %q %v %q", c.line, rest, picture, key)
		}
	}
}

// Which picture has which stamp is known for each, or for none: a lost announcement must not
// give all that follow the time of their neighbours.
func TestLostAnnouncement(t *testing.T) {
	says := func(number, pts string) string {
		return "[Parsed_metadata_1 @ 0x1] [info] frame:" + number + "    pts:" + pts + "   pts_time:0\n[Parsed_metadata_1 @ 0x1] [info] requin.pick=1\n"
	}
	for text, want := range map[string]bool{
		says("0", "5") + says("1", "7") + says("2", "9"):                                     true,
		says("1", "5") + says("2", "7") + says("3", "9"):                                     true, // counted from 1
		says("0", "5") + says("2", "9") + says("3", "11"):                                    false,
		says("0", "5") + "[Parsed_metadata_1 @ 0x1] [info] requin.pick=1\n" + says("2", "9"): false,
	} {
		l := newLog(strings.NewReader(text), nil)
		l.wait()
		if pts, ok := l.stamp(2); ok != want || ok && pts != 9 {
			t.Errorf("%q: %d %v", text, pts, ok)
		}
	}
}

func TestLogInOrder(t *testing.T) {
	lines := strings.Join([]string{
		"[h264 @ 0x1] [error] of the first look",
		"[info] Stream mapping:",
		"[h264 @ 0x1] [error] too early",
		"[Parsed_metadata_1 @ 0x1] [info] frame:0 pts:5 pts_time:1",
		"[Parsed_metadata_1 @ 0x1] [info] requin.lead=1",
		"[h264 @ 0x1] [error] still too early",
		"[Parsed_metadata_1 @ 0x1] [info] frame:1 pts:10 pts_time:2",
		"[h264 @ 0x1] [warning] Late SEIrequin.lead=1",
		"[h264 @ 0x1] [error] heard",
		"[h264 @ 0x1] [warning] Late SEIframe:0 pts:20 pts_time:4",
		"[h264 @ 0x1] [warning]  is not implemented.",
		"[Parsed_metadata_3 @ 0x1] [info] requin.pick=1",
		"[info] Exiting normally, received signal 2.",
	}, "\n")
	from := int64(10)
	l := newLog(strings.NewReader(lines), &from)
	if pts, ok := l.stamp(0); pts != 20 || !ok {
		t.Errorf("stamp %d %v", pts, ok)
	}
	if _, ok := l.stamp(1); ok {
		t.Error("a second picture")
	}
	l.wait()
	if want := []event{{text: "h264: heard"}, {pts: 20}}; !slices.Equal(l.events, want) || !l.damaged() || !l.signalled() {
		t.Errorf("events %+v", l.events)
	}
	l = newLog(strings.NewReader(lines), nil)
	l.wait()
	if len(l.events) != 4 {
		t.Errorf("events %+v", l.events)
	}
}

func FuzzParseLog(f *testing.F) {
	f.Add("[Parsed_metadata_1 @ 0x5581] [info] frame:3    pts:46080   pts_time:3")
	f.Add("[h264 @ 0x5592] [error] error while decoding MB 53 20requin.pick=1")
	f.Add("[a @ 0x1] [b @ 0x2] [warning] corrupt decoded frame")
	f.Fuzz(func(t *testing.T, line string) {
		rest, picture, key := announced(line)
		if picture != nil && !strings.Contains(line, "frame:") || key != "" && !strings.Contains(line, key) || !strings.Contains(line, rest) {
			t.Errorf("%q: %q %v %q", line, rest, picture, key)
		}
		if e, ok := parseLog(rest); ok && e.text == "" {
			t.Errorf("%q is a complaint without words", line)
		}
	})
}

func TestParsePackets(t *testing.T) {
	got, hidden := parsePackets(strings.NewReader("pts=2,dts=1,duration=1,size=30,pos=564,flags=K_,\n\nside_data\npts=N/A,dts=4,duration=1,size=5,pos=N/A,flags=__\npts=N/A,dts=N/A,flags=K_\npts=9,dts=9,size=1,flags=_D\n"))
	want := []Packet{{PTS: 2, Duration: 1, Size: 30, Pos: 564, Key: true}, {PTS: 4, Duration: 1, Size: 5, Pos: -1}}
	if !slices.Equal(got, want) || hidden != 1 {
		t.Errorf("%+v, %d hidden", got, hidden)
	}
	// A line longer than any that ffprobe writes ends nothing early.
	if got, _ := parsePackets(strings.NewReader("pts=1\n" + strings.Repeat("x", 1<<20) + "\npts=2\n")); len(got) != 2 {
		t.Errorf("%d packets around a long line", len(got))
	}
}

func FuzzParsePackets(f *testing.F) {
	f.Add("pts=2,dts=1,duration=1,size=30,pos=564,flags=K_,\npts=N/A,dts=4,flags=__D")
	f.Fuzz(func(t *testing.T, s string) {
		packets, _ := parsePackets(strings.NewReader(s))
		for _, p := range packets {
			if p.Size < 0 || p.Pos < -1 {
				t.Errorf("%+v", p)
			}
		}
	})
}

func FuzzTransportTables(f *testing.F) {
	b := make([]byte, 188*3)
	for i := 0; i < len(b); i += 188 {
		b[i] = 0x47
	}
	copy(b, []byte{0x47, 0x40, 0, 0x10, 0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0})
	copy(b[188:], []byte{0x47, 0x50, 0, 0x10})
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := transportTables(strings.NewReader(string(b))); len(out) > len(b) {
			t.Error("more tables than file")
		}
	})
}

func TestBlank(t *testing.T) {
	sound := []byte(strings.Repeat("picture", 100))
	zeros := make([]byte, 512)
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"sound":               {sound, false},
		"a length":            {slices.Concat([]byte{0, 0, 0, 9}, sound), false},
		"a sector":            {slices.Concat(sound, zeros, sound), true},
		"the end":             {slices.Concat(sound, zeros), true},
		"padding":             {slices.Concat(sound, zeros[:40]), false},
		"a hole near the end": {slices.Concat(sound, zeros[:40], []byte{1, 2}), true},
		"nothing":             {nil, false},
	} {
		if got := blank(c.b); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStandAlone(t *testing.T) {
	cra, sei := []byte{21 << 1, 1, 0xaf}, []byte{39 << 1, 1, 9}
	packet := slices.Concat([]byte{0, 0, 0, 3}, sei, []byte{0, 0, 0, 3}, cra, []byte{0, 0, 0, 9}, cra) // the last is cut short
	standAlone(packet, 4)
	want := slices.Concat([]byte{0, 0, 0, 3}, sei, []byte{0, 0, 0, 3, 18 << 1, 1, 0xaf, 0, 0, 0, 9, 18 << 1, 1, 0xaf})
	if !slices.Equal(packet, want) {
		t.Errorf("%x, want %x", packet, want)
	}
	for n := range packet {
		standAlone(packet[:n], 1+n%4)
	}
}
