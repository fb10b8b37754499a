package web

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

// policy is what the page may do: its own scripts, styles and pictures, and nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; " +
	"font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// fence stands before everything: it refuses who comes by a name that is not ours, too often, or from another site's page.
func (s *Server) fence(next http.Handler) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // but for what says otherwise
		if !s.ours(r.Host) {
			return failf(http.StatusMisdirectedRequest, "this server is not %q: use the address that requin review printed, or name it with --host", r.Host)
		}
		if !s.limits.let(caller(r), r.Header.Get("Cookie") != "") {
			return failf(http.StatusTooManyRequests, "too many requests at once: wait a moment")
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !sameSite(r) {
			return failf(http.StatusForbidden, "the request comes from another site's page")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// ours tells whether a request's Host is one of this server's. A name that somebody else makes point to this
// machine (DNS rebinding) is not; addresses cannot be made so.
func (s *Server) ours(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	addr, err := netip.ParseAddr(name)
	if err == nil {
		return s.Users != nil || addr.IsLoopback() // by token, nobody comes over a network
	}
	own, err := os.Hostname()
	return err == nil && s.Users != nil && strings.EqualFold(own, name)
}

// sameSite tells whether a request that changes something may come of our own page.
func sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// caller is the address that a request comes from.
func caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// guarded lets only sessions through, and what changes something only with the session's CSRF value.
func (s *Server) guarded(h handler) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := s.sessions.of(r)
		if who == nil {
			how := "open the address that requin review printed when it started"
			if s.Users != nil {
				how = "log in"
			}
			return failf(http.StatusUnauthorized, "there is no session: %s", how)
		}
		if r.Method != http.MethodGet && subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Requin-CSRF")), []byte(who.csrf)) != 1 {
			return failf(http.StatusForbidden, "the header X-Requin-CSRF is missing or wrong: read GET /api/me again")
		}
		return h(w, r, who)
	}
}

// page serves the page's own files, and takes the token.
func (s *Server) page(files http.Handler) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		if token := r.URL.Query().Get("token"); r.URL.Path == "/" && token != "" {
			if s.Users != nil || subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
				return failf(http.StatusForbidden, "the token is not of this start of requin review: use the address that it printed")
			}
			s.begin(w, r, s.Name)
			http.Redirect(w, r, "/", http.StatusSeeOther) // the token stays in nobody's history
			return nil
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return failf(http.StatusMethodNotAllowed, "the page's files are only read")
		}
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
		return nil
	})
}

// login lets a named user in.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Name, Password string }
	if err := read(w, r, &body); err != nil {
		return err
	}
	if s.Users == nil {
		return failf(http.StatusForbidden, "this server knows no users: open the address that requin review printed")
	}
	if !s.limits.letLogin(caller(r), body.Name) {
		return failf(http.StatusTooManyRequests, "too many attempts: wait a minute")
	}
	if !s.Users.Verify(body.Name, body.Password) {
		return failf(http.StatusUnauthorized, "the name or the password is wrong")
	}
	s.begin(w, r, body.Name)
	return give(w, map[string]string{"name": body.Name})
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request, who *session) error {
	s.sessions.end(who)
	http.SetCookie(w, s.cookie(r, "", -1))
	return give(w, map[string]bool{"done": true})
}
