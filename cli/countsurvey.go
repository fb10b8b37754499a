package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"requin/annotate"
	"requin/desk"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/scan"
	"requin/survey"
)

// countInSurvey counts the deployments of a survey: all, or those that the arguments
// name. It tells with done whether that was what the command line meant, rather than videos.
func (a *app) countInSurvey(ctx context.Context, args []string, f countFlags) (done bool, err error) {
	if f.survey == "" {
		for _, arg := range args {
			if _, err := os.Stat(arg); err == nil { // a file or folder: counted by itself, survey or not
				return false, nil
			}
		}
	}
	err = a.inSurvey(ctx, f.survey, func(s *survey.Survey) error {
		chosen, err := chooseDeployments(ctx, s, args)
		if err != nil {
			return err
		}
		done = true
		return a.countDeployments(ctx, s, chosen, len(args) > 0, f)
	})
	var unknown unknownDeployment
	switch {
	case f.survey == "" && !done && (errors.Is(err, errNoSurvey) || errors.As(err, &unknown)):
		if len(args) == 0 || errors.Is(err, errNoSurvey) || strings.ContainsAny(args[0], `/\.`) {
			return false, nil // a mistyped file: gather says so
		}
	}
	return done, err
}

// unknownDeployment is a name that no deployment of the survey has.
type unknownDeployment struct{ name, survey string }

func (u unknownDeployment) Error() string {
	return fmt.Sprintf("%s is neither a file nor a deployment of the survey %s: requin list shows its deployments", u.name, u.survey)
}

// chooseDeployments gives the named deployments, all where none is named.
func chooseDeployments(ctx context.Context, s *survey.Survey, names []string) ([]survey.Deployment, error) {
	all, err := s.Deployments(ctx)
	if err != nil || len(names) == 0 {
		return all, err
	}
	var out []survey.Deployment
	for _, name := range names {
		i := slices.IndexFunc(all, func(d survey.Deployment) bool { return d.OpCode == name })
		if i < 0 {
			return nil, unknownDeployment{name, s.Name()}
		}
		out = append(out, all[i])
	}
	return out, nil
}

// countDeployments counts each deployment that needs it. named tells that the user asked for these and no others.
func (a *app) countDeployments(ctx context.Context, s *survey.Survey, deployments []survey.Deployment, named bool, f countFlags) error {
	opt, err := f.understand()
	if err != nil {
		return err
	}
	if f.taxa == "" {
		if opt.detect.Taxa, err = s.Taxa(ctx); err != nil {
			return err
		}
	}
	detector, err := a.openDetector(&opt)
	if err != nil {
		return err
	}
	defer detector.Close()
	var jobs []*counting
	ready := 0
	for _, d := range deployments {
		job, err := a.surveyJob(ctx, s, d.Deployment, opt, detector)
		if err != nil {
			return err
		}
		switch reason := notCounted(d.Deployment); {
		case reason != "" && named:
			return fmt.Errorf("%s cannot be counted: %s", d.OpCode, reason)
		case reason != "":
			a.logf("%s is not counted: %s", d.OpCode, reason)
			continue
		}
		run, ok, err := s.Counted(ctx, d.OpCode, job.surveyKey)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(job.out, survey.RunFile)); ok && err == nil && !f.again {
			ready++
			a.logf("%s is counted with this model and these settings (run %s)", d.OpCode, run)
			continue
		}
		jobs = append(jobs, job)
	}
	if len(jobs) == 0 && ready == 0 {
		return errors.New("there is no deployment with video to count: requin add VIDEOS")
	}
	err = a.countEach(ctx, jobs)
	var only []string
	for _, j := range jobs {
		only = append(only, j.rec.name)
	}
	if len(only) > 0 && ctx.Err() == nil { // verdicts on an earlier count find their animals in the new one
		err = errors.Join(err, a.follow(ctx, s, only, 0, 0))
	}
	return err
}

// notCounted says why a deployment is left out, "" if it is not.
func notCounted(d annotate.Deployment) string {
	left := desk.LeftChapters(d)
	switch {
	case len(left) == 0:
		return "it has no video: requin add VIDEOS --opcode " + d.OpCode
	case d.SuccessfulCount != nil && !*d.SuccessfulCount:
		return "its metadata says that the count was not successful (successful_count No)"
	}
	return ""
}

// surveyJob is the count of one deployment of a survey.
func (a *app) surveyJob(ctx context.Context, s *survey.Survey, d annotate.Deployment, opt countOptions, detector *detect.Detector) (*counting, error) {
	c := &counting{app: a, opt: opt, rec: recording{name: d.OpCode}, detector: detector}
	c.out = filepath.Join(s.Folder(), "runs", fileName(d.OpCode))
	for _, ch := range desk.LeftChapters(d) {
		c.rec.paths = append(c.rec.paths, s.Path(ch.Path))
		c.opt.known = append(c.opt.known, ch.SHA256)
	}
	if opt.period == "" && len(d.Periods) > 0 {
		c.opt.sampling.Period = periodOf(d.Periods[0])
	}
	c.opt.replace = true // the survey knows which video it is
	var err error
	if c.surveyKey, err = c.settings().Key(record.Version(), opt.inputs[0].SHA256, c.opt.known); err != nil {
		return nil, err
	}
	c.opt.done = func(c *counting, res results) error { return c.keep(ctx, s, res) }
	return c, nil
}

// fileName makes a name of a folder out of a deployment's.
func fileName(opcode string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.TrimLeft(opcode, ".")) + ".requin"
}

// keep puts the count into the survey.
func (c *counting) keep(ctx context.Context, s *survey.Survey, res results) error {
	text, err := os.ReadFile(filepath.Join(c.out, survey.RunFile))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	return s.PutRun(ctx, survey.Run{
		ID: hex.EncodeToString(sum[:6]), Kind: "count", OpCode: c.rec.name, Key: c.surveyKey, Folder: s.Stored(c.out),
		Started: c.started.UTC(), Finished: time.Now().UTC(), Record: text, Detections: scan.Part{Frames: res.frames}.Stream(),
		Tracks: res.tracks, Result: &res.counts, Unreadable: res.counts.Effort.NotAnalysed.Duration(),
	})
}

// unaltered makes sure that the videos are those that were added to the survey.
func (c *counting) unaltered(hashes []string) error {
	for i, have := range hashes {
		if i < len(c.opt.known) && c.opt.known[i] != "" && len(have) == len(c.opt.known[i]) && have != c.opt.known[i] {
			return fmt.Errorf("%s is not the file that was added to the survey: its content has changed; bring the original back, or add it anew with requin add %[1]s --opcode %s",
				c.rec.paths[i], c.rec.name)
		}
	}
	return nil
}

// periodOf is a period as the sampling takes it.
func periodOf(p annotate.Period) frame.Period {
	if p.Open {
		return frame.Period{From: p.From}
	}
	return frame.Period{From: p.From, To: max(p.To, time.Nanosecond)}
}
