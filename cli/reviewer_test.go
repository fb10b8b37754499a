package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// reviewer is a person who answers over HTTP, as the page does.
type reviewer struct {
	ts     *testscript.TestScript
	client *http.Client
	base   string
	csrf   string
	op     string
}

// reviews has a person review a taxon over HTTP up to its certificate: reviews WHO DEPLOYMENT TAXON N. The person accepts what the
// machine found, adds boxes in the first frame that they are led to until N animals are in it, and then looks where they are led.
//
// reviews WHO DEPLOYMENT reject|relabel TRACK [TAXON] gives one verdict; reviews WHO DEPLOYMENT say JSON any
// (docs/formats/review-api.md); reviews WHO DEPLOYMENT settle OTHER settles all that is disputed as OTHER has it. With --blind before WHO they see
// only their own verdicts, and a dispute that is left ends the review as a certificate does. With --looks N before WHO they stop after so many.
func reviews(ts *testscript.TestScript, neg bool, args []string) {
	blind := slices.Contains(args, "--blind")
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--blind" })
	most := 500
	if i := slices.Index(args, "--looks"); i >= 0 && i+1 < len(args) {
		n, err := strconv.Atoi(args[i+1])
		ts.Check(err)
		most, args = n, slices.Delete(args, i, i+2)
	}
	if neg || len(args) < 4 {
		ts.Fatalf("usage: reviews WHO DEPLOYMENT TAXON N | reviews WHO DEPLOYMENT KIND TRACK [TAXON]")
	}
	c := exec.Command(filepath.Join(ts.Getenv("PROGRAM"), "requin"), "review", "--open=false", "--listen", "127.0.0.1:0", "--user", args[0], fmt.Sprintf("--blind=%v", blind))
	c.Dir = ts.MkAbs(".")
	c.Env = append(os.Environ(), "ONNXRUNTIME_LIB="+ts.Getenv("ONNXRUNTIME_LIB"))
	stderr, err := c.StderrPipe()
	ts.Check(err)
	ts.Check(c.Start())
	var said bytes.Buffer
	defer func() {
		ts.Check(c.Process.Signal(os.Interrupt))
		_, _ = io.Copy(&said, stderr)
		if err := c.Wait(); err != nil {
			ts.Fatalf("the review ended with %v: %s", err, said.String())
		}
	}()
	at := ""
	for lines := bufio.NewScanner(stderr); at == "" && lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		at = regexp.MustCompile(`http://\S+`).FindString(lines.Text())
	}
	if at == "" {
		ts.Fatalf("the review has no address: %s", said.String())
	}
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	r := &reviewer{ts: ts, client: &http.Client{Jar: jar, Timeout: time.Minute}, base: regexp.MustCompile(`^http://[^/]+`).FindString(at), op: args[1]}
	answer, err := r.client.Get(at)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	var me struct{ CSRF string }
	r.get("/api/me", &me)
	r.csrf = me.CSRF
	if n, err := strconv.Atoi(args[3]); err == nil {
		r.certify(args[2], n, most)
		return
	}
	if args[2] == "settle" {
		r.settle(args[3])
		return
	}
	v := map[string]any{"kind": args[2], "track": args[3]}
	if args[2] == "say" {
		v = nil
		ts.Check(json.Unmarshal([]byte(args[3]), &v))
	}
	if len(args) > 4 {
		v["taxon"] = args[4]
	}
	r.says(v)
}

func (r *reviewer) get(path string, into any) {
	answer, err := r.client.Get(r.base + path)
	r.ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	r.ts.Check(err)
	if answer.StatusCode != http.StatusOK {
		r.ts.Fatalf("%s: %d %s", path, answer.StatusCode, text)
	}
	r.ts.Check(json.Unmarshal(text, into))
}

func (r *reviewer) says(v map[string]any) {
	if v["kind"] == "undo" { // has a request of its own
		r.post("/api/deployments/"+r.op+"/undo", map[string]any{})
		return
	}
	r.post("/api/deployments/"+r.op+"/verdicts", v)
}

func (r *reviewer) post(path string, v map[string]any) {
	body, err := json.Marshal(v)
	r.ts.Check(err)
	q, err := http.NewRequest("POST", r.base+path, bytes.NewReader(body))
	r.ts.Check(err)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("X-Requin-CSRF", r.csrf)
	q.Header.Set("Origin", r.base)
	answer, err := r.client.Do(q)
	r.ts.Check(err)
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		r.ts.Fatalf("%s: %d %s", body, answer.StatusCode, text)
	}
}

// certify follows the frames that the page would lead to, up to a certificate or most looks.
func (r *reviewer) certify(taxon string, n, most int) {
	for looks := range most {
		var next struct {
			Frame  int
			Done   bool
			Again  bool
			Reason string
		}
		r.get("/api/deployments/"+r.op+"/next?taxon="+url.QueryEscape(taxon), &next)
		if next.Done || strings.Contains(next.Reason, "to be settled first") {
			return
		}
		if next.Frame < 0 {
			r.ts.Fatalf("there is no frame to look at, and %s is not certified", taxon)
		}
		var d struct {
			Tracks []struct {
				ID, Taxon, State string
				Points           [][6]float64
			}
			Counts map[string]struct{ Confirmed []int }
		}
		r.get("/api/deployments/"+r.op, &d)
		if next.Again { // they see what they saw before
			r.says(map[string]any{"kind": "count", "frame": next.Frame, "taxon": taxon, "n": d.Counts[taxon].Confirmed[next.Frame], "blind": true, "again": true})
			continue
		}
		here := 0
		for _, t := range d.Tracks {
			if t.Taxon != taxon || !slices.ContainsFunc(t.Points, func(p [6]float64) bool { return int(p[0]) == next.Frame }) {
				continue
			}
			here++
			if t.State == "open" {
				r.says(map[string]any{"kind": "accept", "track": t.ID})
			}
		}
		for ; looks == 0 && here < n; here++ {
			x := float64(2 + 9*here)
			r.says(map[string]any{"kind": "add", "taxon": taxon, "frame": next.Frame, "box": []float64{x, 1, x + 7, 5}})
		}
		r.says(map[string]any{"kind": "looked", "frame": next.Frame, "taxa": []string{taxon}})
	}
	if most == 500 {
		r.ts.Fatalf("500 frames, and %s is not certified", taxon)
	}
}

// settle says of each dispute what one of the two said, as both agree now.
func (r *reviewer) settle(as string) {
	for range 100 {
		var d struct {
			Disputes []struct {
				Over, Track, With string
				Frame             int
				Taxa              []string
				A, B              struct{ Who, Kind string }
			}
		}
		r.get("/api/deployments/"+r.op, &d)
		if len(d.Disputes) == 0 {
			return
		}
		x := d.Disputes[0]
		said := x.A.Kind
		if x.B.Who == as {
			said = x.B.Kind
		}
		v := map[string]any{"opcode": r.op, "frame": x.Frame, "taxon": x.Taxa[0]}
		switch n, err := strconv.Atoi(said); {
		case err == nil:
			v["kind"], v["n"] = "count", n
		case said == "rejected":
			v["kind"], v["track"] = "reject", x.Track
		default:
			v["kind"], v["track"], v["taxon"] = "relabel", x.Track, said
		}
		r.post("/api/reconcile", v)
	}
	r.ts.Fatalf("100 verdicts, and something is still disputed")
}
