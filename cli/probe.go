package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"requin/count"
	"requin/frame"
	"requin/scan"
	"requin/video"
)

// probeCommand says what files say of themselves, and how they would be read.
func (a *app) probeCommand() *cobra.Command {
	var asJSON bool
	every := time.Second
	var rate string
	c := &cobra.Command{
		Use:   "probe VIDEO [VIDEO ...]",
		Short: "Say what a video file holds, and what of it is missing",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a video: requin probe dive.mp4")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			images, err := parseRate(rate)
			if err != nil {
				return err
			}
			if every < time.Millisecond {
				return usagef("--every %v: give at least 1ms", every)
			}
			failed := 0
			for _, path := range args {
				f, err := video.Probe(c.Context(), path, images)
				var plan *video.Plan
				if err == nil {
					plan, err = video.Join(f).Plan(c.Context(), frame.Sampling{Every: every})
				}
				if err != nil {
					a.logf("requin: %v", err)
					failed++
					continue
				}
				if err := a.printProbe(f, plan, asJSON); err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d files cannot be read", failed, len(args))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines on stdout")
	c.Flags().Var((*duration)(&every), "every", "sampling interval that the plan is made for")
	c.Flags().StringVar(&rate, "rate", "", "images a second (`number`), for a folder of images")
	return c
}

func (a *app) printProbe(f *video.File, plan *video.Plan, asJSON bool) error {
	mode := video.Mode("nothing")
	if len(plan.Segments) > 0 {
		mode = plan.Segments[0].Mode
	}
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{
			"schema": "requin.probe/1", "path": f.Path, "bytes": f.Size, "container": f.Container, "codec": f.Codec,
			"width": f.W, "height": f.H, "rotation": f.Rotation, "duration_s": count.Seconds(f.Duration),
			"pictures": len(f.Packets()), "key_frames": keys(f), "stream": f.Stream, "time_base": f.Base,
			"scan": f.Scan(), "interlaced": f.Fields != "", "hidden_by_edit_list": f.Hidden, "read_as": mode, "frames_wanted": plan.Expected, "not_analysed": scan.Gaps(plan.Gaps),
		})
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 1, ' ', 0)
	fmt.Fprintf(t, "%s\n", filepath.Base(f.Path))
	fmt.Fprintf(t, "  format\t%s in %s, %d×%d, turned %d°\n", f.Codec, f.Container, f.W, f.H, f.Rotation)
	if f.Fields != "" {
		fmt.Fprintf(t, "  scan\t%s\n", f.Scan())
	}
	fmt.Fprintf(t, "  length\t%v, %d pictures (%.2f/s), %d key frames\n", f.Duration.Round(time.Millisecond), len(f.Packets()), f.Rate(), keys(f))
	fmt.Fprintf(t, "  plan\t%d frames, read as %s\n", plan.Expected, mode)
	for _, g := range plan.Gaps {
		fmt.Fprintf(t, "  missing\t%s to %s: %s\n", clockText(g.From), clockText(g.To), g.Reason)
	}
	return t.Flush()
}

func keys(f *video.File) int {
	n := 0
	for _, p := range f.Packets() {
		if p.Key {
			n++
		}
	}
	return n
}
