package method

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"requin/ask"
)

// LanguageModel is one of the user's own, behind OpenAI's interface for chats, which Ollama, llama.cpp and vLLM speak,
// too. Nothing is sent anywhere unless the user names one.
type LanguageModel struct {
	Name    string
	url     string
	key     string
	timeout time.Duration
	client  http.Client
}

// What a language model may take.
const (
	llmTimeout  = 3 * time.Minute
	mostReply   = 1 << 20 // bytes
	mostTokens  = 1000
	completions = "/chat/completions"
)

// NewLanguageModel is the model of a name at an address such as http://localhost:11434/v1; key may be empty.
func NewLanguageModel(address, name, key string) (*LanguageModel, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("--llm %q: give the address of a server, for example http://localhost:11434/v1", address)
	case name == "":
		return nil, errors.New("--llm-model: name the model, for example llama3.1:8b")
	}
	path := strings.TrimSuffix(u.Path, "/")
	switch {
	case strings.HasSuffix(path, completions):
	case path == "":
		path = "/v1" + completions
	default:
		path += completions
	}
	u.Path = path
	return &LanguageModel{Name: name, url: u.String(), key: key, timeout: llmTimeout,
		client: http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it sends elsewhere, which is not followed")
		}}}, nil
}

// complete sends messages and gives the reply.
func (m *LanguageModel) complete(ctx context.Context, messages []ask.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	body, err := json.Marshal(map[string]any{"model": m.Name, "messages": messages, "temperature": 0, "stream": false, "max_tokens": mostTokens})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	if m.key != "" {
		request.Header.Set("Authorization", "Bearer "+m.key)
	}
	response, err := m.client.Do(request)
	if err != nil {
		return "", fmt.Errorf("it does not answer: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostReply+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("its reply broke off: %w", err)
	case len(text) > mostReply:
		return "", errors.New("its reply is too long")
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("it answers %s: %.200s", response.Status, text)
	}
	var reply struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(text, &reply); err != nil || len(reply.Choices) == 0 {
		return "", errors.New("its reply is none of a chat")
	}
	return reply.Choices[0].Message.Content, nil
}

// Phrase lets the model choose and phrase an answer out of passages. Where its reply cannot be trusted, or there is none, the
// answer stands as it was, with a note; the error is only that of a context that ended.
func (m *LanguageModel) Phrase(ctx context.Context, q ask.Question, answer ask.Answer, passages []ask.Passage) (ask.Answer, error) {
	if len(passages) == 0 {
		return answer, nil
	}
	reply, err := m.complete(ctx, ask.Messages(q, passages))
	if ctx.Err() != nil {
		return answer, ctx.Err()
	}
	phrased := answer
	if err == nil {
		phrased, err = ask.Phrased(answer, passages, reply, m.Name)
	}
	if err != nil {
		answer.Notes = append(answer.Notes, fmt.Sprintf("the language model %s was not heeded: %v", m.Name, err))
		return answer, nil
	}
	return phrased, nil
}

// Passages are the values that answer a question, for a language model to phrase.
func Passages(a ask.Answer) []ask.Passage {
	var out []ask.Passage
	for _, q := range a.Evidence {
		out = append(out, ask.Passage{Quotes: []ask.Quote{q}})
	}
	return out[:min(len(out), mostFacts)]
}
