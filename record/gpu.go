package record

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// GPU is a graphics processor of the machine, whether it was used or not.
type GPU struct {
	Name   string `json:"name"`
	Driver string `json:"driver"` // its version where known, else its name
}

// nvidiaVersion finds the driver in /proc/driver/nvidia/version.
var nvidiaVersion = regexp.MustCompile(`Kernel Module(?: for \S+)?\s+(\d[\d.]*)`)

// makers are PCI's numbers of those who make graphics processors.
var makers = map[string]string{"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}

// graphics are the graphics processors that Linux shows in its files: NVIDIA's by their driver's, with name and version; others by
// their numbers on the bus. Elsewhere, and in containers that hide them, there are none to be seen.
func graphics(root fs.FS) []GPU {
	var out []GPU
	driver := NotRecorded
	if text, err := fs.ReadFile(root, "proc/driver/nvidia/version"); err == nil {
		if m := nvidiaVersion.FindSubmatch(text); m != nil {
			driver = string(m[1])
		}
	}
	cards, _ := fs.Glob(root, "proc/driver/nvidia/gpus/*/information")
	for _, c := range cards {
		text, err := fs.ReadFile(root, c)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "Model" {
				name := strings.TrimSpace(value)
				if !strings.HasPrefix(name, "NVIDIA") {
					name = "NVIDIA " + name
				}
				out = append(out, GPU{name, driver})
			}
		}
	}
	nvidia := len(out) > 0
	others, _ := fs.Glob(root, "sys/class/drm/card*/device/vendor")
	slices.Sort(others)
	for _, o := range others {
		if strings.Contains(path.Base(path.Dir(path.Dir(o))), "-") { // a plug of a card
			continue
		}
		folder := path.Dir(o)
		vendor, number := line(root, folder+"/vendor"), line(root, folder+"/device")
		maker, known := makers[vendor]
		if !known || maker == "NVIDIA" && nvidia {
			continue
		}
		g := GPU{strings.TrimSpace(maker + " " + number), NotRecorded}
		if text, err := fs.ReadFile(root, folder+"/uevent"); err == nil {
			for l := range strings.Lines(string(text)) {
				if name, ok := strings.CutPrefix(l, "DRIVER="); ok {
					g.Driver = strings.TrimSpace(name)
				}
			}
		}
		out = append(out, g)
	}
	return out
}

// line is a file of one line; "" where it cannot be read.
func line(root fs.FS, name string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
