package record

import (
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// rapl is /sys/class/powercap of a machine of two processors, and a clock.
type rapl struct {
	fstest.MapFS
	at time.Time
}

const span = 262_143_328_850 // what a common processor's counter counts to, microjoules

func newRapl() *rapl {
	r := &rapl{MapFS: fstest.MapFS{}, at: time.Unix(1000, 0)}
	for folder, name := range map[string]string{"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram",
		"intel-rapl:1": "package-1", "intel-rapl:2": "psys", "intel-rapl-mmio:0": "package-0", "dtpm": "x"} {
		r.MapFS[folder+"/name"] = &fstest.MapFile{Data: []byte(name + "\n")}
		r.MapFS[folder+"/max_energy_range_uj"] = &fstest.MapFile{Data: []byte(strconv.Itoa(span) + "\n")}
		r.set(folder, 1_000_000)
	}
	return r
}

func (r *rapl) set(folder string, microjoules int) {
	r.MapFS[folder+"/energy_uj"] = &fstest.MapFile{Data: []byte(strconv.Itoa(microjoules) + "\n")}
}

func (r *rapl) now() time.Time { return r.at }

func TestMeter(t *testing.T) {
	r := newRapl()
	m := newMeter(r, r.now)
	want := func(joules float64) {
		t.Helper()
		e := m.Read()
		if e.Status != Measured || math.Abs(e.Joules-joules) > 1e-6 || e.Why != "" || strings.Join(e.Covers, " ") != "package-0 dram package-1" {
			t.Errorf("got %+v, want %g J", e, joules)
		}
	}
	want(0)
	r.at = r.at.Add(time.Minute)
	r.set("intel-rapl:0", 61_000_000)   // 60 J
	r.set("intel-rapl:0:0", 41_000_000) // within the package
	r.set("intel-rapl:0:1", 6_000_000)  // 5 J
	r.set("intel-rapl:1", 31_000_000)   // 30 J
	r.set("intel-rapl:2", 200_000_000)  // holds all of them
	want(95)
	r.set("intel-rapl:1", span-1_000_000)
	r.at = r.at.Add(time.Minute)
	whole := 95 + float64(span-32_000_000)/1e6
	want(whole)
	r.set("intel-rapl:1", 2_000_000) // it began anew
	want(whole + 3)
	r.at = r.at.Add(10 * time.Minute) // longer than it can be told
	for range 2 {
		if e := m.Read(); e.Status != NotMeasured || e.Joules != 0 || !strings.Contains(e.Why, "10m0s") {
			t.Errorf("after ten minutes: %+v", e)
		}
	}
}

// denied is a folder whose counters only root may read.
type denied struct{ fs.FS }

func (d denied) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "energy_uj") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return d.FS.Open(name)
}

func TestMeterWithoutCounter(t *testing.T) {
	r := newRapl()
	strange, broken, cores := newRapl(), newRapl(), newRapl()
	strange.MapFS["intel-rapl:1/energy_uj"] = &fstest.MapFile{Data: []byte("lots")}
	delete(broken.MapFS, "intel-rapl:1/max_energy_range_uj")
	for name := range cores.MapFS {
		if strings.HasSuffix(name, "/name") {
			cores.MapFS[name] = &fstest.MapFile{Data: []byte("core")}
		}
	}
	for want, files := range map[string]fs.FS{"no energy counter": fstest.MapFS{}, "chmod a+r": denied{r}, "no number": strange, "cannot be read": broken, "none of the": cores} {
		if e := newMeter(files, r.now).Read(); e.Status != NotMeasured || e.Joules != 0 || !strings.Contains(e.Why, want) {
			t.Errorf("%s: %+v", want, e)
		}
	}
	m := newMeter(r, r.now)
	delete(r.MapFS, "intel-rapl:0/energy_uj") // went away meanwhile
	if e := m.Read(); e.Status != NotMeasured || !strings.Contains(e.Why, fs.ErrNotExist.Error()) {
		t.Errorf("gone: %+v", e)
	}
	if e := NewMeter().Read(); e.Status == Measured && len(e.Covers) == 0 || e.Status == NotMeasured && e.Why == "" {
		t.Errorf("this machine: %+v", e)
	}
}

func TestEnergyPlus(t *testing.T) {
	a, b := Energy{Status: Measured, Joules: 2, Covers: []string{"package-0"}}, Energy{Status: Measured, Joules: 3, Covers: []string{"package-0"}}
	if got := a.Plus(b); got.Status != Measured || got.Joules != 5 || len(got.Covers) != 1 {
		t.Errorf("%+v", got)
	}
	no := Energy{Status: NotMeasured, Why: "no counter"}
	for _, got := range []Energy{a.Plus(no), no.Plus(a)} {
		if got.Status != NotMeasured || got.Why != "no counter" || got.Joules != 0 {
			t.Errorf("%+v", got)
		}
	}
}

func TestMeterAlong(t *testing.T) {
	stop := MeterAlong()
	if e := stop(); e.Status == Measured && len(e.Covers) == 0 || e.Status == NotMeasured && e.Why == "" {
		t.Errorf("%+v", e)
	}
}
