package record

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Energy is what the machine took during a piece of work, or why that is not known. All that the
// machine did meanwhile is in it, for others too.
type Energy struct {
	Status string   `json:"status"`           // Measured or NotMeasured
	Joules float64  `json:"joules,omitempty"` // 3.6 million are a kilowatt-hour
	Covers []string `json:"covers,omitempty"` // what was counted, as the machine calls it: package-0 (a processor), dram (its memory)
	Why    string   `json:"why,omitempty"`    // it was not measured
}

// The states of an Energy.
const (
	Measured    = "measured"
	NotMeasured = "not measured"
)

// Plus is the energy of two pieces of one work, as of a run that was interrupted: measured where both were.
func (e Energy) Plus(other Energy) Energy {
	if e.Status != Measured || other.Status != Measured {
		return Energy{Status: NotMeasured, Why: cmp.Or(e.Why, other.Why)}
	}
	e.Joules += other.Joules
	return e
}

// Meter reads the counters that Linux has of the energy that processors and their memory take (RAPL, Intel's
// and AMD's; kernel documentation, power/powercap). What graphics processors, disks and screens take is not
// in them. A meter belongs to one goroutine.
type Meter struct {
	counters []counter
	joules   float64
	at       time.Time // of the last reading
	why      string    // nothing can be said any more

	files fs.FS // powercap's folder
	now   func() time.Time
}

// counter counts microjoules, from 0 anew after span.
type counter struct {
	folder, name string
	last, span   uint64
}

// powercap is where Linux shows the counters.
const powercap = "/sys/class/powercap"

// mostWatts is what no processor takes: a counter that could have come round at this power between two
// readings says nothing.
const mostWatts = 500

// NewMeter begins to measure. It always gives a meter: one without counters says why.
func NewMeter() *Meter { return newMeter(os.DirFS(powercap), time.Now) }

func newMeter(files fs.FS, now func() time.Time) *Meter {
	m := &Meter{files: files, now: now, at: now()}
	folders, err := fs.Glob(files, "intel-rapl:*")
	if err != nil || len(folders) == 0 {
		m.why = "the machine shows no energy counter (RAPL in " + powercap + "; virtual machines seldom have it)"
		return m
	}
	for _, folder := range folders {
		name, err := fs.ReadFile(files, folder+"/name")
		if err != nil {
			m.fail(err)
			return m
		}
		c := counter{folder: folder, name: strings.TrimSpace(string(name))}
		if !strings.HasPrefix(c.name, "package") && c.name != "dram" {
			continue // cores are in their package, and the platform's counter is not on all machines
		}
		if c.span, err = m.number(folder + "/max_energy_range_uj"); err == nil {
			c.last, err = m.number(folder + "/energy_uj")
		}
		if err != nil {
			m.fail(err)
			return m
		}
		m.counters = append(m.counters, c)
	}
	if len(m.counters) == 0 {
		m.why = "none of the energy counters in " + powercap + " is a processor's"
	}
	return m
}

// fail says why nothing is measured.
func (m *Meter) fail(err error) {
	m.why = fmt.Sprintf("an energy counter cannot be read: %v", err)
	if errors.Is(err, fs.ErrPermission) {
		m.why = "only root may read the energy counters: sudo chmod a+r " + powercap + "/*/energy_uj, until the next start"
	}
}

func (m *Meter) number(path string) (uint64, error) {
	text, err := fs.ReadFile(m.files, path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s holds %.40q, which is no number", path, text)
	}
	return n, nil
}

// Read is the energy since the meter was made. Counters begin anew after some minutes at full
// load, so it is to be called once a minute; where it was not in time, nothing is said to be measured.
func (m *Meter) Read() Energy {
	now := m.now()
	elapsed := now.Sub(m.at)
	m.at = now
	var names []string
	for i := range m.counters {
		if m.why != "" {
			break
		}
		c := &m.counters[i]
		names = append(names, c.name)
		at, err := m.number(c.folder + "/energy_uj")
		if err != nil {
			m.fail(err)
			break
		}
		if elapsed.Seconds()*mostWatts*1e6 > float64(c.span) {
			m.why = fmt.Sprintf("%v lay between two readings of an energy counter, which may have begun anew more than once", elapsed.Round(time.Second))
			break
		}
		step := at - c.last
		if at < c.last {
			step = c.span - c.last + at
		}
		c.last = at
		m.joules += float64(step) / 1e6
	}
	if m.why != "" {
		return Energy{Status: NotMeasured, Why: m.why}
	}
	return Energy{Status: Measured, Joules: m.joules, Covers: names}
}

// meterEvery is how often a meter that runs along is read; its counters begin anew after some minutes.
const meterEvery = 20 * time.Second

// MeterAlong measures beside a piece of work, until stop is called, which gives what it took; again, if it is called again.
func MeterAlong() (stop func() Energy) {
	m, done, result := NewMeter(), make(chan struct{}), make(chan Energy)
	go func() {
		tick := time.NewTicker(meterEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.Read()
			case <-done:
				result <- m.Read()
				return
			}
		}
	}()
	return sync.OnceValue(func() Energy { close(done); return <-result })
}
