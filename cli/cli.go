// Package cli's noun is a command. It owns flags, progress, exit codes and the
// wiring of the rooms; every decision about pictures, animals and numbers is made in
// another room.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"requin/record"
	"requin/video"
)

// Exit codes. They are part of the documented interface.
const (
	exitDone       = 0   // done, all of the video was read
	exitFailed     = 1   // nothing or not everything was done; stderr says why
	exitUsage      = 2   // the command line is wrong
	exitUnreadable = 3   // done, but some video could not be read: counts are minimums
	exitCancelled  = 130 // stopped by the user; the same command goes on where it stopped
)

// errUnreadable ends a command that did its work although some video could not be read.
var errUnreadable = errors.New("some video could not be read")

// errLeft ends a command that took a part of what it was given, because the rest could not be read.
var errLeft = errors.New("which could not be taken")

// usageError marks mistakes in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// app is where a command's words go.
type app struct {
	stdout, stderr io.Writer
}

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program even where a dead disk holds it up
	a := &app{stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errUnreadable):
		fmt.Fprintf(stderr, "requin: done, but %v: the counts are minimums (exit code %d)\n", err, exitUnreadable)
		return exitUnreadable
	case errors.Is(err, errUnread), errors.Is(err, errMissing), errors.Is(err, errLeft):
		fmt.Fprintf(stderr, "requin: %v (exit code %d)\n", err, exitUnreadable)
		return exitUnreadable
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "requin: stopped; the same command goes on where it stopped")
		return exitCancelled
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "requin: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "requin: %v\n", err)
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "requin",
		Short:         "Count sharks on baited remote underwater video",
		Long:          "Requin counts sharks, and whatever else its model knows, on baited remote underwater video (BRUVS).",
		Example:       "  requin demo\n  requin count dive.mp4 --model fish.onnx",
		Version:       record.Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return nil
			case video.IsVideoName(args[0]):
				return usagef("there is no command %q; to count a video: requin count %[1]s --model fish.onnx", args[0])
			}
			if like := c.SuggestionsFor(args[0]); len(like) > 0 {
				return usagef("there is no command %q; did you mean requin %s?", args[0], strings.Join(like, " or requin "))
			}
			return usagef("there is no command %q; see requin --help", args[0])
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(a.initCommand(), a.addCommand(), a.listCommand(), a.taxaCommand(), a.relinkCommand(),
		a.importCommand(), a.exportCommand(), a.formatsCommand(), a.reviewCommand(), a.reportCommand(),
		a.datasetCommand(), a.simulateCommand(), a.trainCommand(), a.evalCommand(), a.compareCommand(),
		a.askCommand(), a.verifyCommand(), a.declareCommand(), a.methodsCommand(),
		a.countCommand(), a.probeCommand(), a.doctorCommand(), a.demoCommand())
	return root
}

// noArgs refuses arguments where a command takes none.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, so %q means nothing; see %[1]s --help", c.CommandPath(), args[0])
	}
	return nil
}

// duration is a flag's length of time.
type duration time.Duration

func (d *duration) String() string { return time.Duration(*d).String() }
func (d *duration) Type() string   { return "time" }

func (d *duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("give a length of time with its unit, for example 200ms, 1s or 5m")
	}
	*d = duration(v)
	return nil
}

func (a *app) logf(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}
