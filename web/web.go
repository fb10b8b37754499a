// Package web's noun is the review server: one page, and what it asks for. It owns
// the HTTP API (docs/formats/review-api.md), who may ask, the pictures and clips that are shown, and that
// people who review at the same time see what the others do. What a verdict means is
// review's matter, what is certain count's, where things are kept survey's.
//
//	server, err := web.New(web.Config{Survey: s, Name: "anna", Risk: 0.05})
//	listener, err := net.Listen("tcp", "127.0.0.1:0")
//	fmt.Println(server.URL(listener.Addr()))
//	err = server.Serve(ctx, listener) // until ctx ends
//
// What can be relied on: no request is answered without a session but for the page's own
// files and the login; none changes anything without the session's CSRF value; no part of a
// request becomes a path on the disk.
package web

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"requin/survey"
)

//go:embed static
var static embed.FS

// Config is what a server is made of.
type Config struct {
	Survey  *survey.Survey
	Only    []string // deployments that are served; empty: all
	Risk    float64  // chance of a greater MaxN under which a taxon is certified
	Blind   bool     // each sees only their own verdicts
	Share   int      // of how many looked frames one is shown a second time (review.Share); 0: none
	Version string   // of the program
	Name    string   // who reviews, where there are no users
	Users   *Users   // who may log in; nil: whoever has the token
	Hosts   []string // names by which the server is reached, besides addresses and localhost
	Secure  bool     // it is served over TLS
	// Dataset builds a dataset of a name from confirmed labels; nil: it cannot be done here.
	Dataset func(ctx context.Context, name string) (message string, err error)
	// Ask answers a question about the survey's methods out of its records, as JSON has it; nil: it cannot be done here.
	Ask       func(ctx context.Context, question string) (any, error)
	Questions []string                         // that a methods section must answer
	Logf      func(format string, args ...any) // may be nil
}

// Server serves a review.
type Server struct {
	Config
	token     string
	sessions  *sessions
	limits    *limits
	events    *hub
	pictures  *pictures
	clips     *clips
	desks     *desks
	summaries *summaries
	handler   http.Handler
	life      context.Context // ends with Serve
	end       context.CancelFunc
}

// New makes a server. It listens to nobody yet.
func New(c Config) (*Server, error) {
	if c.Logf == nil {
		c.Logf = func(string, ...any) {}
	}
	if !(c.Risk > 0 && c.Risk < 1) {
		return nil, errors.New("the risk must lie between 0 and 1: 0.05 for at least 95 %")
	}
	s := &Server{Config: c, token: secret(), sessions: newSessions(), limits: newLimits(), events: newHub()}
	s.life, s.end = context.WithCancel(context.Background())
	s.pictures, s.clips = newPictures(s.life), newClips(s.life, c.Survey)
	s.desks, s.summaries = newDesks(c.Survey, c.Only, c.Risk), newSummaries()
	var err error
	s.handler, err = s.routes()
	return s, err
}

// Handler answers the requests.
func (s *Server) Handler() http.Handler { return s.handler }

// URL is where the review is found on an address. It holds the token, where that is what lets people in.
func (s *Server) URL(addr net.Addr) string {
	u := url.URL{Scheme: "http", Host: addr.String(), Path: "/"}
	if s.Secure {
		u.Scheme = "https"
	}
	if s.Users == nil {
		u.RawQuery = url.Values{"token": {s.token}}.Encode()
	}
	return u.String()
}

// ServeTLS is Serve over TLS, with a certificate and its key in PEM files.
func (s *Server) ServeTLS(ctx context.Context, l net.Listener, cert, key string) error {
	return s.serve(ctx, func(h *http.Server) error { return h.ServeTLS(l, cert, key) })
}

// Serve answers until ctx ends; then it lets what is under way finish, for some seconds.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return s.serve(ctx, func(h *http.Server) error { return h.Serve(l) })
}

func (s *Server) serve(ctx context.Context, serve func(*http.Server) error) error {
	context.AfterFunc(ctx, s.end)
	watching := make(chan struct{})
	go func() { defer close(watching); s.watch(s.life) }()
	defer func() { s.end(); <-watching }()
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return s.life },
	}
	failed := make(chan error, 1)
	go func() { failed <- serve(h) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer stop()
	if h.Shutdown(end) != nil {
		_ = h.Close()
	}
	<-failed
	return nil
}

// routes says what answers what.
func (s *Server) routes() (http.Handler, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.page(http.FileServerFS(files)))
	mux.Handle("POST /api/login", s.answer(s.login))
	mux.Handle("/api/", s.answer(func(http.ResponseWriter, *http.Request) error {
		return failf(http.StatusNotFound, "the server has nothing of this name: see docs/formats/review-api.md")
	}))
	for pattern, h := range map[string]handler{
		"POST /api/logout":                        s.logout,
		"GET /api/me":                             s.me,
		"GET /api/taxa":                           s.taxa,
		"GET /api/deployments":                    s.deployments,
		"GET /api/deployments/{op}":               s.deployment,
		"GET /api/deployments/{op}/next":          s.next,
		"GET /api/deployments/{op}/queue":         s.queue,
		"GET /api/deployments/{op}/frames/{name}": s.picture,
		"GET /api/deployments/{op}/clip.mp4":      s.clip,
		"GET /api/deployments/{op}/log":           s.log,
		"POST /api/deployments/{op}/verdicts":     s.verdict,
		"POST /api/deployments/{op}/undo":         s.undo,
		"POST /api/deployments/{op}/redo":         s.redo,
		"GET /api/events":                         s.listen,
		"POST /api/presence":                      s.present,
		"GET /api/agreement":                      s.agreement,
		"POST /api/reconcile":                     s.reconcile,
		"GET /api/annotate/suggest":               s.suggest,
		"POST /api/annotate/{op}/keyframes":       s.keyframes,
		"POST /api/dataset":                       s.dataset,
		"GET /api/ask":                            s.methods,
		"GET /api/questions":                      s.questions,
	} {
		mux.Handle(pattern, s.answer(s.guarded(h)))
	}
	return s.fence(mux), nil
}
