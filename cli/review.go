package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"requin/ask"
	"requin/count"
	"requin/desk"
	"requin/record"
	"requin/review"
	"requin/survey"
	"requin/web"
)

// reviewFlags are the flags of requin review as they were typed.
type reviewFlags struct {
	survey, listen, user    string
	cert, key               string
	hosts                   []string
	risk, several           float64
	severalAsked            bool
	again                   int
	blind, open             bool
	status, agreement, json bool
	export                  string
}

const reviewLong = `Review what was counted, on a page that this program serves: look at the frames that
may change the answer, accept, correct or reject what the machine found, add what it
missed. The page leads to the frame that lowers the risk of a wrong MaxN most; when it is
under --risk, the taxon is certified. Of many certificates some are wrong: with
--survey-limit the chance that any of the survey's is wrong stays under that, too.

Verdicts go into the survey, each with who said it and when; none is ever deleted.
Several people may review at once. --blind shows each only their own verdicts and the
machine's, --agreement compares them. The verdicts on a count outside of a survey go
into its folder.

The page is for this computer alone, and lets in whoever has the address that is printed. For
others, add users (requin review user add NAME) and name an address with --listen.
Without --cert and --key passwords travel unencrypted: only in a network that you trust.`

func (a *app) reviewCommand() *cobra.Command {
	var f reviewFlags
	c := &cobra.Command{
		Use:   "review [DEPLOYMENT ...|FOLDER]",
		Short: "Review counts on a page, up to a certified MaxN",
		Long:  reviewLong,
		Example: `  requin review
  requin review BRUV_07 --user anna --blind
  requin review dive.requin          (the folder of a count, outside of a survey)
  requin review --survey-limit 0.05
  requin review --status
  requin review --agreement
  requin review --export verdicts.csv
  requin review user add anna && requin review --listen 0.0.0.0:8080`,
		RunE: func(c *cobra.Command, args []string) error {
			f.severalAsked = c.Flags().Changed("survey-limit")
			if err := f.check(); err != nil {
				return err
			}
			for i, arg := range args {
				switch {
				case !countedFolder(arg):
				case len(args) > 1:
					return usagef("%s: review the folder of one count at a time; a survey holds several (requin init)", args[i])
				default:
					return a.reviewFolder(c.Context(), arg, f)
				}
			}
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error { return a.review(c.Context(), s, args, f) })
		},
	}
	fl := c.Flags()
	surveyFlag(c, &f.survey)
	fl.StringVar(&f.listen, "listen", "", "`address` that the page is served at; port 0 is any that is free (default "+usualAddress+", or any free port where that is taken)")
	fl.StringVar(&f.user, "user", "", "`name` of who reviews (default: as this computer knows you)")
	fl.BoolVar(&f.blind, "blind", false, "each sees only their own verdicts and the machine's")
	fl.Float64Var(&f.risk, "risk", 0.05, "`chance` of a greater MaxN under which a taxon is certified")
	fl.Float64Var(&f.several, "survey-limit", 0, "`chance` that any certificate of the survey is wrong: those stand whose risks add up to no more; kept until another is given; 0: no such limit")
	fl.IntVar(&f.again, "again", review.Share, "show one in `so-many` looked frames a second time, without boxes, to measure how well people read them; 0: none")
	fl.BoolVar(&f.open, "open", true, "open the page in a browser where there is one")
	fl.StringArrayVar(&f.hosts, "host", nil, "`name` by which others reach this computer, besides its own; repeatable")
	fl.StringVar(&f.cert, "cert", "", "`file` of the TLS certificate (PEM)")
	fl.StringVar(&f.key, "key", "", "`file` of its key")
	fl.BoolVar(&f.status, "status", false, "print what is certified, and serve nothing")
	fl.BoolVar(&f.agreement, "agreement", false, "print how far the reviewers agree, and serve nothing")
	fl.StringVar(&f.export, "export", "", "write all verdicts as CSV to this `file` (-: stdout), and serve nothing")
	fl.BoolVar(&f.json, "json", false, "with --status and --agreement: JSON lines on stdout")
	c.AddCommand(a.reviewUserCommand())
	return c
}

func (f reviewFlags) check() error {
	switch {
	case !(f.risk > 0 && f.risk < 1):
		return usagef("--risk %v: give a chance over 0 and under 1, for example 0.05", f.risk)
	case !(f.several >= 0 && f.several < 1):
		return usagef("--survey-limit %v: give a chance under 1, for example 0.05, or 0 for no limit over all certificates", f.several)
	case f.again < 0:
		return usagef("--again %d: give a number, for example 20, or 0 for no second looks", f.again)
	case (f.cert == "") != (f.key == ""):
		return usagef("--cert and --key go together")
	}
	return nil
}

// review does what the flags say.
func (a *app) review(ctx context.Context, s *survey.Survey, only []string, f reviewFlags) error {
	if err := known(ctx, s, only); err != nil {
		return err
	}
	if f.severalAsked {
		if err := keepSurveyLimit(ctx, s, f.several); err != nil {
			return err
		}
	}
	switch {
	case f.status:
		return a.reviewStatus(ctx, s, only, f)
	case f.agreement:
		return a.reviewAgreement(ctx, s, only, f)
	case f.export != "":
		return a.exportVerdicts(ctx, s, only, f.export)
	}
	return a.serveReview(ctx, s, only, f)
}

// keepSurveyLimit keeps the chance that any certificate of the survey may be wrong, where it is another than before.
func keepSurveyLimit(ctx context.Context, s *survey.Survey, limit float64) error {
	was, err := s.SurveyLimit(ctx)
	if err != nil || was == limit {
		return err
	}
	return s.SetSurveyLimit(ctx, limit)
}

// settleSurvey works out which certificates stand beside one another, where a limit was asked for of all of them, and gives that.
func settleSurvey(ctx context.Context, s *survey.Survey) (float64, error) {
	level, err := s.SurveyLimit(ctx)
	if err != nil || level == 0 {
		return 0, err
	}
	_, err = desk.Settle(ctx, s, 0, nil)
	return level, err
}

// known refuses deployments that the survey has not.
func known(ctx context.Context, s *survey.Survey, names []string) error {
	all, err := s.Deployments(ctx)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, d := range all {
		have[d.OpCode] = true
	}
	for _, n := range names {
		if !have[n] {
			return usagef("there is no deployment %q in the survey %s: requin list shows them", n, s.Name())
		}
	}
	return nil
}

// serveReview serves the page until it is stopped, which is no failure.
func (a *app) serveReview(ctx context.Context, s *survey.Survey, only []string, f reviewFlags) error {
	if s.ReadOnly() {
		return fmt.Errorf("the survey %s cannot be written to, so that no verdict can be kept: copy it to another place; --status works here", s.Folder())
	}
	c := web.Config{Survey: s, Only: only, Risk: f.risk, Blind: f.blind, Share: f.again, Version: record.Version(), Name: f.user, Hosts: f.hosts, Secure: f.cert != "", Logf: a.logf}
	c.Dataset = func(ctx context.Context, name string) (string, error) { return a.datasetOfReview(ctx, s, name) }
	c.Ask = func(ctx context.Context, question string) (any, error) { return answerOfSurvey(ctx, s, question) }
	for _, q := range ask.Questions() {
		c.Questions = append(c.Questions, q.Text)
	}
	if c.Name == "" {
		c.Name = userName()
	}
	l, err := listenAt(f.listen)
	if err != nil {
		return err
	}
	defer l.Close()
	local, err := loopback(l.Addr().String())
	if err != nil {
		return err
	}
	if !local {
		if c.Users, err = web.LoadUsers(filepath.Join(s.Folder(), web.UsersFile)); err != nil {
			return err
		}
		if len(c.Users.Names()) == 0 {
			return usagef("--listen %s: others can reach this address, so the page needs users: requin review user add NAME", f.listen)
		}
		if !c.Secure {
			a.logf("Warning: passwords and pictures travel unencrypted (no --cert and --key): only in a network that you trust.")
		}
	}
	server, err := web.New(c)
	if err != nil {
		return err
	}
	url := server.URL(l.Addr())
	a.logf("Review at %s", url)
	a.logf("Ctrl-C ends it; every verdict is kept as it is given.")
	level, err := settleSurvey(ctx, s)
	if err != nil {
		return err
	}
	if level > 0 {
		a.logf("The chance that any certificate of the survey is wrong is held under %s (--survey-limit).", count.Chance(level))
	}
	if f.open && local {
		openPage(url)
	}
	sitting, err := newSitting(ctx, s, c, l.Addr().String())
	if err != nil {
		return err
	}
	following := a.followAlong(ctx, s, c.Only, f.risk)
	if c.Secure {
		err = server.ServeTLS(ctx, l, f.cert, f.key)
	} else {
		err = server.Serve(ctx, l)
	}
	return errors.Join(err, sitting.keep(context.WithoutCancel(ctx)), following())
}

// usualAddress is where the page is found as a rule. A browser keeps by address what could not be sent: a server that is
// started anew should be found where the last one was.
const usualAddress = "127.0.0.1:7337"

// listenAt listens at an address; "" is the usual one, or a free port where another program has that.
func listenAt(address string) (net.Listener, error) {
	if address == "" {
		if l, err := net.Listen("tcp", usualAddress); err == nil {
			return l, nil
		}
		address = "127.0.0.1:0"
	}
	if _, err := loopback(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w; name another address", address, err)
	}
	return l, nil
}

// loopback tells whether only this computer can reach an address.
func loopback(listen string) (bool, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false, usagef("--listen %q: give an address with a port, for example 127.0.0.1:8080", listen)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

// userName is what this computer calls its user.
func userName() string {
	if u, err := user.Current(); err == nil {
		if u.Name != "" && !strings.ContainsAny(u.Name, ",;") {
			return u.Name
		}
		return u.Username
	}
	return "reviewer"
}

// reviewStatus prints what is known of each deployment.
func (a *app) reviewStatus(ctx context.Context, s *survey.Survey, only []string, f reviewFlags) error {
	if _, err := settleSurvey(ctx, s); err != nil {
		return err
	}
	states, err := web.Status(ctx, s, only, f.risk)
	if err != nil {
		return err
	}
	if f.json {
		out := json.NewEncoder(a.stdout)
		for _, d := range states {
			if err := out.Encode(d); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "DEPLOYMENT\tSTATE\tTAXON\tCOUNTED\tCONFIRMED\tRISK\tSTATEMENT")
	for _, d := range states {
		if len(d.Taxa) == 0 {
			fmt.Fprintf(t, "%s\t%s\t-\t-\t-\t-\t-\n", d.OpCode, d.State)
		}
		for _, x := range d.Taxa {
			counted := "-"
			if x.Machine != nil {
				counted = fmt.Sprint(*x.Machine)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%.3f\t%s\n", d.OpCode, x.Status, x.Taxon, counted, x.Confirmed, x.Risk, x.Told())
		}
	}
	return t.Flush()
}

// reviewAgreement prints how far the reviewers agree.
func (a *app) reviewAgreement(ctx context.Context, s *survey.Survey, only []string, f reviewFlags) error {
	found, err := web.AgreementOf(ctx, s, only, f.risk)
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(a.stdout).Encode(found)
	}
	if len(found.Pairs) == 0 {
		return errors.New("no two people have judged the same deployment: there is nothing to compare")
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "DEPLOYMENT\tTAXON\tREVIEWERS\tTRACKS\tAGREE %\tKAPPA\t95 %\tPREVALENCE\tBIAS\tPABAK\tMaxN")
	for _, p := range found.Pairs {
		interval := "too few"
		if p.Low != nil && p.High != nil {
			interval = fmt.Sprintf("%.2f to %.2f", *p.Low, *p.High)
		} else if !p.TooFew {
			interval = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s, %s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d, %d\n", p.OpCode, p.Taxon, p.A, p.B, p.N, orDash(p.Percent, 1), orDash(p.Kappa, 3),
			interval, orDash(p.Prevalence, 2), orDash(p.Bias, 2), orDash(p.PABAK, 2), p.MaxNA, p.MaxNB)
	}
	for i, d := range found.Disagreements {
		if i == 0 {
			fmt.Fprintln(t, "\nDEPLOYMENT\tFRAME\tTAXON\tTO SETTLE")
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", d.OpCode, d.Frame, strings.Join(d.Taxa, ", "), d.Text)
	}
	return t.Flush()
}

func orDash(v *float64, decimals int) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, *v)
}

// errNoPassword says that there was nothing to read.
var errNoPassword = errors.New("no password was given: type it, or hand it over on stdin in one line")

// passwordFrom reads one line of stdin.
func passwordFrom(in *os.File) (string, error) {
	var line strings.Builder
	b := make([]byte, 1)
	for line.Len() < 2000 {
		n, err := in.Read(b)
		if n == 0 || b[0] == '\n' {
			if line.Len() == 0 {
				return "", errNoPassword
			}
			return strings.TrimSuffix(line.String(), "\r"), nil
		}
		if err != nil {
			return "", err
		}
		line.WriteByte(b[0])
	}
	return "", errNoPassword
}
