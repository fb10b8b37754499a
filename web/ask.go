package web

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// longestQuestion is in characters.
const longestQuestion = 500

// methods answers a question about the survey's methods out of its own records.
func (s *Server) methods(w http.ResponseWriter, r *http.Request, _ *session) error {
	question := strings.TrimSpace(r.URL.Query().Get("q"))
	switch {
	case s.Ask == nil:
		return failf(http.StatusNotImplemented, "records cannot be asked here: requin ask \"...\"")
	case question == "" || !utf8.ValidString(question) || utf8.RuneCountInString(question) > longestQuestion:
		return failf(http.StatusBadRequest, "ask a question of at most %d characters: Which hardware was used to train the model?", longestQuestion)
	}
	answer, err := s.Ask(r.Context(), question)
	if err != nil {
		return err
	}
	return give(w, answer)
}

// questions are those that a methods section must answer.
func (s *Server) questions(w http.ResponseWriter, _ *http.Request, _ *session) error {
	return give(w, append([]string{}, s.Questions...))
}
