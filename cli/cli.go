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
	"syscall"

	"github.com/spf13/cobra"

	"requin/method"
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
		Version:       method.Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see 'requin %s --help'", err, c.Name())
	})
	root.AddCommand(a.countCommand(), a.probeCommand(), a.doctorCommand(), a.demoCommand())
	return root
}

func (a *app) logf(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}
