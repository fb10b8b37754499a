package method

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"requin/ask"
)

// Stand-ins for a language model: an honest one, and those that lie, stall and break off.
func TestLanguageModel(t *testing.T) {
	says := func(content string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var request struct {
				Model    string
				Messages []ask.Message
			}
			if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.URL.Path != "/v1/chat/completions" || request.Model != "m" || r.Header.Get("Authorization") != "Bearer key" ||
				!strings.Contains(request.Messages[1].Content, "[1] (p. 3) Training took eleven hours") {
				t.Errorf("asked %s with %+v, %v", r.URL.Path, request, err)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": content}}}})
		}
	}
	quote := "Training took eleven hours on one RTX 3060."
	passages := []ask.Passage{{Quotes: []ask.Quote{{Source: "a.pdf", Page: 3, Text: quote}}}}
	q := ask.Questions()[19]
	stop := make(chan struct{})
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		note  string
	}{
		"honest": {says(`{"answer": "An RTX 3060 was used.", "quotes": [{"passage": 1, "text": "one RTX 3060"}]}`), ""},
		"lies":   {says(`{"answer": "Eight V100 were used.", "quotes": [{"passage": 1, "text": "eight V100"}]}`), "is not in passage 1"},
		"stalls": {func(_ http.ResponseWriter, r *http.Request) { <-stop }, "it does not answer"},
		"trickles": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"choices"`))
			w.(http.Flusher).Flush()
			<-stop
		}, "its reply broke off"},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"choices": [{"message"`))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "its reply broke off"},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "it does not answer"},
		"fails":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "model not found", http.StatusNotFound) }, "404 Not Found: model not found"},
		"no chat":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error": "x"}`) }, "none of a chat"},
		"floods":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", mostReply+9)) }, "too long"},
		"sends on": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "not followed"},
	} {
		server := httptest.NewServer(c.serve)
		m, err := NewLanguageModel(server.URL, "m", "key")
		if err != nil {
			t.Fatal(err)
		}
		m.timeout = time.Minute
		if strings.Contains("stalls trickles", name) {
			m.timeout = 200 * time.Millisecond
		}
		before := q.Quoting(passages)
		got, err := m.Phrase(t.Context(), q, before, passages)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.note == "" {
			if got.PhrasedBy != "m" || got.Text != "An RTX 3060 was used." || got.Evidence[0].Text != "one RTX 3060" || len(got.Notes) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
		} else if got.PhrasedBy != "" || got.Text != quote || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], c.note) {
			t.Errorf("%s: %+v", name, got)
		}
		if name == "stalls" || name == "trickles" {
			defer server.Close()
			continue
		}
		server.Close()
	}
	close(stop)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, _ := NewLanguageModel("http://127.0.0.1:1/v1/", "m", "")
	if _, err := m.Phrase(ctx, q, q.About(), passages); !errors.Is(err, context.Canceled) || m.url != "http://127.0.0.1:1/v1/chat/completions" {
		t.Errorf("%s, %v", m.url, err)
	}
	for _, bad := range []string{"localhost:11434", "ftp://x", "://", ""} {
		if _, err := NewLanguageModel(bad, "m", ""); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
	if _, err := NewLanguageModel("http://x", "", ""); err == nil {
		t.Error("a model without a name")
	}
}
