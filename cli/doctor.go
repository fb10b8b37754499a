package cli

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"requin/onnx"
	"requin/record"
	"requin/torch"
	"requin/video"
)

// doctorCommand says what is there, what is missing and how to get it.
func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what is installed, what is missing and how to get it",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
			missing := 0
			row := func(what string, version string, err error) {
				if err != nil {
					missing++
					fmt.Fprintf(t, "  missing\t%s\t%v\n", what, err)
					return
				}
				fmt.Fprintf(t, "  ok\t%s\t%s\n", what, version)
			}
			row("requin", record.Version(), nil)
			m := record.ThisMachine(ctx)
			row("machine", fmt.Sprintf("%s, %d cores, %s, %.1f GiB memory", m.OS, runtime.NumCPU(), m.CPU, float64(m.MemoryBytes)/(1<<30)), nil)
			ffmpeg, err := video.Version(ctx)
			row("ffmpeg and ffprobe (read video)", ffmpeg, err)
			library, err := onnx.Library()
			row("ONNX Runtime library (run models)", library, err)
			if err == nil {
				version, err := onnx.Version()
				row("ONNX Runtime starts", version, err)
			}
			training, err := trainingLibrary()
			if err != nil { // not missing: only requin train needs it
				fmt.Fprintf(t, "  not here\tlibtorch (train models)\t%v\n", err)
			} else {
				row("libtorch (train models)", training, nil)
			}
			dir, err := os.Getwd()
			if err == nil {
				err = writable(dir)
			}
			row("results can be written here", dir, err)
			if err := t.Flush(); err != nil {
				return err
			}
			if missing > 0 {
				return fmt.Errorf("%d missing: install what the list says, then run requin doctor again", missing)
			}
			return nil
		},
	}
}

// trainingLibrary says what requin train would run on.
func trainingLibrary() (string, error) {
	info, err := torch.Load()
	if err != nil {
		return "", err
	}
	devices := "no graphics processor"
	if len(info.CUDA) > 0 {
		devices = strings.Join(info.CUDA, ", ")
	}
	return fmt.Sprintf("%s, %d threads, %s, %s", info.Version, info.Threads, devices, info.Path), nil
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".requin-doctor-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	return f.Close()
}

// openPage shows a file in the user's browser, if there is one.
func openPage(path string) bool {
	for _, opener := range []string{"xdg-open", "open"} {
		if program, err := exec.LookPath(opener); err == nil && (os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" || runtime.GOOS == "darwin") {
			return exec.Command(program, path).Start() == nil
		}
	}
	return false
}
