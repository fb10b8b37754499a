package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	var out bytes.Buffer
	top := Top{Title: `<script>alert("x")</script>`, Styles: []string{"a { color: red }"}, Refresh: 30}
	if err := Write(&out, top, `<p>{{.}}</p>`, "</p><script>"); err != nil {
		t.Fatal(err)
	}
	html := out.String()
	if strings.Contains(html, "<script") || strings.Contains(html, "ZgotmplZ") {
		t.Errorf("not escaped: %s", html)
	}
	_, rest, _ := strings.Cut(html, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(html, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Error("the policy does not allow the page's own style")
	}
	if !strings.Contains(html, `<meta http-equiv="refresh" content="30">`) || !strings.HasSuffix(style, "a { color: red }") {
		t.Errorf("%s", html)
	}
	out.Reset()
	if err := Write(&out, Top{}, "", nil); err != nil || strings.Contains(out.String(), "refresh") {
		t.Errorf("%v %s", err, out.String())
	}
}

// A page that cannot be filled in is an error, not half a page.
func TestPageFails(t *testing.T) {
	for _, body := range []string{"<p>{{.Missing}}</p>", "{{if}}"} {
		var out bytes.Buffer
		if err := Write(&out, Top{Title: "Cocos"}, body, struct{}{}); err == nil || !strings.Contains(err.Error(), "Cocos") || out.Len() > 0 {
			t.Errorf("%q: %v, wrote %d bytes", body, err, out.Len())
		}
	}
	if err := Write(full{}, Top{}, "", nil); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestJPEG(t *testing.T) {
	if got := JPEG([]byte{255, 216}); got != "data:image/jpeg;base64,/9g=" {
		t.Error(got)
	}
}
