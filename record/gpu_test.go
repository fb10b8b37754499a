package record

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestGraphics(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	root := fstest.MapFS{
		"proc/driver/nvidia/version":                       file("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build\nGCC version:  gcc 12\n"),
		"proc/driver/nvidia/gpus/0000:01:00.0/information": file("Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 16\n"),
		"proc/driver/nvidia/gpus/0000:02:00.0/information": file("Model: \t\t Quadro P400\n"),
		"sys/class/drm/card0/device/vendor":                file("0x8086\n"),
		"sys/class/drm/card0/device/device":                file("0x4680\n"),
		"sys/class/drm/card0/device/uevent":                file("DRIVER=i915\nPCI_CLASS=30000\n"),
		"sys/class/drm/card0-HDMI-A-1/device/vendor":       file("0x8086\n"),
		"sys/class/drm/card1/device/vendor":                file("0x10de\n"),
		"sys/class/drm/card2/device/vendor":                file("0x1af4\n"), // of a virtual machine
		"sys/class/drm/card3/device/vendor":                file("0x1002\n"),
	}
	want := []GPU{{"NVIDIA GeForce RTX 3060", "550.54.14"}, {"NVIDIA Quadro P400", "550.54.14"}, {"Intel 0x4680", "i915"}, {"AMD", NotRecorded}}
	if got := graphics(root); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := graphics(fstest.MapFS{}); got != nil {
		t.Errorf("no graphics: %q", got)
	}
}

func TestStateOf(t *testing.T) {
	for field, want := range map[string]string{"settings.recipe.seed": Configured, "inputs[0].sha256": Measured, "machine.gpus[0].name": Measured, "declared.licence": Declared, "x": NotRecorded} {
		if got := StateOf(field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
}
