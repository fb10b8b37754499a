package web

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/desk"
	"requin/review"
)

// Each test here is an attack.

func local(t testing.TB) (*Server, string) {
	return serve(t, Config{Survey: study(t, filepath.Join(t.TempDir(), "none.mp4"))})
}

func TestNothingWithoutASession(t *testing.T) {
	s, base := local(t)
	b := newBrowser(t, base)
	for _, path := range []string{"/api/me", "/api/taxa", "/api/deployments", dive1, dive1 + "/next", dive1 + "/log", dive1 + "/frames/0.jpg", dive1 + "/clip.mp4?at=1",
		"/api/events", "/api/agreement", "/api/annotate/suggest"} {
		b.refused(http.StatusUnauthorized, "GET", path, "")
		b.refused(http.StatusUnauthorized, "GET", path, "", func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: cookieName(r), Value: "guess"})
		})
	}
	for _, path := range []string{dive1 + "/verdicts", dive1 + "/undo", "/api/reconcile", "/api/dataset", "/api/presence", "/api/annotate/dive%201/keyframes"} {
		b.refused(http.StatusUnauthorized, "POST", path, "{}")
	}
	b.refused(http.StatusForbidden, "GET", "/?token=guess", "")
	b.refused(http.StatusForbidden, "GET", "/?token="+s.token[1:], "")
	b.refused(http.StatusForbidden, "POST", "/api/login", `{"name":"anna","password":""}`)
}

func TestTheTokenLeavesTheAddress(t *testing.T) {
	s, base := local(t)
	b := newBrowser(t, base)
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := b.http.Get(base + "/?token=" + s.token)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	c := answer.Cookies()
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" || len(c) != 1 {
		t.Fatalf("%d to %q with %d cookies", answer.StatusCode, answer.Header.Get("Location"), len(c))
	}
	if !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Path != "/" || len(c[0].Value) < 40 || c[0].Value == s.token {
		t.Errorf("the cookie is %+v", c[0])
	}
}

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	verdict := `{"kind":"accept","track":"t1"}`
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Del("X-Requin-CSRF") })
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("X-Requin-CSRF", "guess") })
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") })
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("Origin", "null") })
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	b.refused(http.StatusUnsupportedMediaType, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
	other := enter(t, s, base) // a session of one's own does not help with another's
	b.refused(http.StatusForbidden, "POST", dive1+"/verdicts", verdict, func(r *http.Request) { r.Header.Set("X-Requin-CSRF", other.csrf) })
	var d deployment
	if b.get(dive1, &d); d.Seq != 0 {
		t.Errorf("%d verdicts were kept", d.Seq)
	}
	if d := b.post(dive1+"/verdicts", verdict); d.state("t1") != "accepted" {
		t.Error("the page's own verdict was not kept")
	}
}

func TestNamesThatAreNotOurs(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	port := base[strings.LastIndex(base, ":"):]
	for _, host := range []string{"evil.example", "evil.example" + port, "127.0.0.1.evil.example" + port, "10.1.2.3" + port, "localhost.evil.example"} {
		b.refused(http.StatusMisdirectedRequest, "GET", "/api/me", "", func(r *http.Request) { r.Host = host })
	}
	for _, host := range []string{"localhost" + port, "127.0.0.1" + port, "[::1]" + port} {
		if status, _ := b.do("GET", "/", "", func(r *http.Request) { r.Host = host }); status != 200 {
			t.Errorf("as %s: %d", host, status)
		}
	}
	named := &Server{Config: Config{Users: &Users{}, Hosts: []string{"reef.example"}}}
	for host, want := range map[string]bool{"reef.example:80": true, "REEF.example": true, "192.168.1.5:8080": true, "[fe80::1]:80": true, "evil.example": false, "": false} {
		if named.ours(host) != want {
			t.Errorf("with users, as %q: %v", host, !want)
		}
	}
}

func TestWhatThePageMayDo(t *testing.T) {
	_, base := local(t)
	for _, path := range []string{"/", "/app.js", "/api/me"} {
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		csp := answer.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, answer.Header)
		}
	}
	index, err := static.ReadFile("static/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, inline := range []string{"<script>", "<style", " style=", "onclick=", "onload=", "javascript:"} {
		if strings.Contains(string(index), inline) {
			t.Errorf("the page has %q, which its own policy forbids", inline)
		}
	}
}

func TestPathsLeadNowhere(t *testing.T) {
	sv := study(t, filepath.Join(t.TempDir(), "none.mp4"))
	if err := os.WriteFile(filepath.Join(sv.Folder(), "secret.txt"), []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, base := serve(t, Config{Survey: sv, Dataset: nil})
	b := enter(t, s, base)
	for _, path := range []string{
		"/../requin.db", "/%2e%2e/requin.db", "/..%2f..%2frequin.db", "/static/../../requin.db", "/secret.txt", "/%2e%2e%2fsecret.txt", "//etc/passwd", "/api/../../etc/passwd",
		"/api/deployments/..", "/api/deployments/..%2F..%2Fetc%2Fpasswd", "/api/deployments/%2Fetc%2Fpasswd/log", dive1 + "/frames/..%2F..%2Frequin.db", dive1 + "/frames/%2Fetc%2Fpasswd",
		dive1 + "/frames/0.jpg%00.png", dive1 + "/frames/-1.jpg", dive1 + "/frames/20.jpg", dive1 + "/frames/99999999999999999999.jpg",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://")) // as it stands, not tidied by a client
		if err != nil {
			t.Fatal(err)
		}
		u, _ := http.NewRequest("GET", base, nil)
		cookie := b.http.Jar.Cookies(u.URL)[0]
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\nConnection: close\r\n\r\n", path, strings.TrimPrefix(base, "http://"), cookie.Name, cookie.Value)
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		var answer strings.Builder
		buf := make([]byte, 64<<10)
		for n := 0; answer.Len() < 1<<20; {
			if n, err = conn.Read(buf); n == 0 || err != nil {
				answer.Write(buf[:n])
				break
			}
			answer.Write(buf[:n])
		}
		conn.Close()
		if got := answer.String(); strings.Contains(got, "SECRET") || strings.Contains(got, "SQLite format") || strings.Contains(got, "root:") || strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Errorf("%s: %.200s", path, got)
		}
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", "a:b", strings.Repeat("x", 101), "a\x01b"} {
		b.refused(http.StatusBadRequest, "POST", "/api/dataset", fmt.Sprintf(`{"name":%q}`, name))
	}
	b.refused(http.StatusNotImplemented, "POST", "/api/dataset", `{"name":"sharks"}`)
}

func TestBodiesHaveAnEnd(t *testing.T) {
	s, base := local(t)
	b := enter(t, s, base)
	long := `{"kind":"note","frame":1,"text":"` + strings.Repeat("x", mostBody) + `"}`
	b.refused(http.StatusRequestEntityTooLarge, "POST", dive1+"/verdicts", long)
	b.refused(http.StatusBadRequest, "POST", dive1+"/verdicts", `{"kind":"note","frame":1,"text":"`+strings.Repeat("x", 20_000)+`"}`)
	for _, body := range []string{"", "null", "[]", `"accept"`, `{"kind":"accept","track":"t1"} {"kind":"reject"}`, `{"kind":"accept","track":"t1","colour":"red"}`, `{"kind":"undo"}`, `{"kind":"draw"}`, `{"kind":7}`,
		`{"kind":"looked","frame":20,"taxa":["shark"]}`, `{"kind":"looked","frame":-1,"taxa":["shark"]}`, `{"kind":"add","frame":1,"taxon":"shark","box":[0,0,1]}`, `{"kind":"add","frame":1,"taxon":"shark","box":[0,0,1e400,1]}`,
		`{"kind":"accept","track":"t1","box_id":"b2"}`, strings.Repeat("[", 100_000)} {
		b.refused(http.StatusBadRequest, "POST", dive1+"/verdicts", body)
	}
}

func TestTooManyRequests(t *testing.T) {
	l := newLimits()
	n := 0
	for range 300 {
		if l.let("1.2.3.4", false) {
			n++
		}
	}
	if n < 100 || n > 130 {
		t.Errorf("%d of 300 requests at once were let through without a cookie", n)
	}
	if !l.let("5.6.7.8", false) || !l.let("1.2.3.4", true) {
		t.Error("others pay for it")
	}
	_, base := local(t)
	b := newBrowser(t, base)
	refused := 0
	for range 150 {
		if status, _ := b.do("GET", "/api/me", ""); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("150 requests without a session, and none was refused")
	}
}

func TestPasswordsAreNotGuessed(t *testing.T) {
	sv := study(t, filepath.Join(t.TempDir(), "none.mp4"))
	path := filepath.Join(sv.Folder(), UsersFile)
	users, err := LoadUsers(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Put(path, "anna", "four words of hers"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][2]string{{"ben", "short"}, {"", "long enough it is"}, {"a\nb", "long enough it is"}, {" ben", "long enough it is"}} {
		if users.Put(path, bad[0], bad[1]) == nil {
			t.Errorf("%q with %q was taken", bad[0], bad[1])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the users: %v %v", info.Mode(), err)
	}
	if text, _ := os.ReadFile(path); strings.Contains(string(text), "four words") || !strings.Contains(string(text), "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("the file of users: %s", text)
	}
	if users, err = LoadUsers(path); err != nil {
		t.Fatal(err)
	}
	_, base := serve(t, Config{Survey: sv, Users: users})
	b := newBrowser(t, base)
	b.refused(http.StatusForbidden, "GET", "/?token=anything", "")
	b.refused(http.StatusUnauthorized, "POST", "/api/login", `{"name":"anna","password":"wrong"}`)
	b.refused(http.StatusUnauthorized, "POST", "/api/login", `{"name":"nobody","password":"four words of hers"}`)
	if status, text := b.do("POST", "/api/login", `{"name":"anna","password":"four words of hers"}`); status != 200 {
		t.Fatalf("the right password: %d %s", status, text)
	}
	b.know()
	if d := b.post(dive1+"/verdicts", `{"kind":"accept","track":"t1"}`); d.Tracks[0].By != "anna" {
		t.Errorf("accepted by %q", d.Tracks[0].By)
	}
	if status, _ := b.do("POST", "/api/logout", "{}"); status != 200 {
		t.Errorf("logging out: %d", status)
	}
	b.refused(http.StatusUnauthorized, "GET", "/api/me", "")
	for range 5 {
		b.do("POST", "/api/login", `{"name":"ben","password":"wrong"}`)
	}
	b.refused(http.StatusTooManyRequests, "POST", "/api/login", `{"name":"anna","password":"four words of hers"}`)
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=99999999,t=3,p=4$AAAA$AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.memory > 1<<20 || h.passes > 20 || h.lanes < 1 || len(h.salt) < 8 || len(h.sum) < 16) {
			t.Errorf("%q was taken", s)
		}
	})
}

func FuzzParseVerdict(f *testing.F) {
	f.Add(`{"kind":"accept","track":"t1","seq":3,"seen_s":1.5}`)
	f.Add(`{"kind":"apart","track":"t1","with":"t2"}`)
	f.Add(`{"kind":"add","frame":3,"taxon":"shark","box":[1,2,3,4]}`)
	f.Add(`{"kind":"count","frame":3,"taxon":"shark","n":-4}`)
	sv := study(f, "none.mp4")
	all, err := sv.Deployments(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	k, err := open(f.Context(), sv, all[0], 0.05)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseVerdict(strings.NewReader(text))
		if err != nil {
			return
		}
		said, err := k.said(v)
		if err != nil {
			return
		}
		state := review.Begin(k.Machine) // whatever was said, the log can be written and read again
		draft, err := state.Draft(review.Verdict{Kind: review.Kind(v.Kind), By: "anna", Said: said})
		if err != nil {
			return
		}
		row, err := desk.Kept(k.opcode, draft)
		if err != nil {
			t.Fatal(err)
		}
		again, err := desk.Read(row)
		if err != nil {
			t.Fatalf("%s was kept and cannot be read: %v", row.After, err)
		}
		again.ID = 1
		state.Apply(again)
	})
}
