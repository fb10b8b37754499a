package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// secret is 256 bits that nobody can guess.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program first
	return base64.RawURLEncoding.EncodeToString(b)
}

// session is one person at one browser.
type session struct {
	name string
	csrf string
	key  [32]byte
	used time.Time
}

// How long a session lasts without a request, and how many there may be.
const (
	sessionIdle  = 12 * time.Hour
	mostSessions = 1000
)

// sessions are those that are open, by the hash of their cookie: what is in memory lets nobody in.
type sessions struct {
	mu   sync.Mutex
	open map[[32]byte]*session
}

func newSessions() *sessions { return &sessions{open: map[[32]byte]*session{}} }

// cookieName keeps servers on other ports of this machine apart, which browsers do not.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "0"
	}
	return "requin_" + port
}

func (s *Server) cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName(r), Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.Secure}
}

// begin opens a session.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, name string) {
	value := secret()
	s.sessions.put(&session{name: name, csrf: secret(), key: sha256.Sum256([]byte(value)), used: time.Now()})
	http.SetCookie(w, s.cookie(r, value, 0))
}

func (t *sessions) put(x *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var oldest *session
	for k, o := range t.open {
		if time.Since(o.used) > sessionIdle {
			delete(t.open, k)
		} else if oldest == nil || o.used.Before(oldest.used) {
			oldest = o
		}
	}
	if len(t.open) >= mostSessions {
		delete(t.open, oldest.key)
	}
	t.open[x.key] = x
}

// of is the session of a request; nil: none.
func (t *sessions) of(r *http.Request) *session {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.open[sha256.Sum256([]byte(c.Value))]
	if x == nil || time.Since(x.used) > sessionIdle {
		return nil
	}
	x.used = time.Now()
	return x
}

func (t *sessions) end(x *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, x.key)
}

// limits say how often somebody may ask. A page that is scrolled asks for many pictures at once.
type limits struct {
	mu  sync.Mutex
	per map[string]*limit
}

type limit struct {
	*rate.Limiter
	used time.Time
}

func newLimits() *limits { return &limits{per: map[string]*limit{}} }

// of is the limiter under a key: so many a second, so many at once.
func (t *limits) of(key string, perSecond rate.Limit, burst int) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.per) > 10_000 { // forgetting who has been quiet for long changes nothing for them
		for k, l := range t.per {
			if time.Since(l.used) > 10*time.Minute {
				delete(t.per, k)
			}
		}
	}
	l := t.per[key]
	if l == nil {
		l = &limit{Limiter: rate.NewLimiter(perSecond, burst)}
		t.per[key] = l
	}
	l.used = time.Now()
	return l.Limiter
}

// let tells whether a caller may ask now. Those who show a cookie, which may be false, are counted apart from those who show none.
func (t *limits) let(caller string, cookie bool) bool {
	if cookie {
		return t.of("with "+caller, 200, 1000).Allow()
	}
	return t.of("without "+caller, 20, 100).Allow()
}

// letLogin tells whether a caller may try a password now: 5 at once and one in 12 s, by caller and by name, so that neither one machine
// nor many guess one.
func (t *limits) letLogin(caller, name string) bool {
	byCaller := t.of("login from "+caller, rate.Every(12*time.Second), 5).Allow()
	return t.of("login of "+name, rate.Every(12*time.Second), 5).Allow() && byCaller
}
