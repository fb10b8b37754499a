package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// handler answers a request of a session.
type handler func(w http.ResponseWriter, r *http.Request, who *session) error

// failure is an error that the person is told with a status of its own.
type failure struct {
	status int
	text   string
}

func (f failure) Error() string { return f.text }

func failf(status int, format string, args ...any) error {
	return failure{status, fmt.Sprintf(format, args...)}
}

// answer turns what a handler returns into an answer. What is no failure is this computer's.
func (s *Server) answer(h func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return
		}
		status := http.StatusInternalServerError
		var f failure
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &f):
			status = f.status
		case errors.As(err, &large):
			status = http.StatusRequestEntityTooLarge
		default:
			s.Logf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		w.Header().Del("ETag")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // who hung up does not hear it
	})
}

// give writes an answer as JSON.
func give(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(text) // who hung up does not hear it
	return nil
}

// mostBody is the largest body of a request, in bytes.
const mostBody = 1 << 20

// read reads the body of a request. A body that is no JSON object, or holds what no field is of the name of, is refused: a
// verdict that is half understood is another verdict.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	if err := isJSON(r); err != nil {
		return err
	}
	return decode(http.MaxBytesReader(w, r.Body, mostBody), into)
}

func decode(r io.Reader, into any) error {
	in := json.NewDecoder(r)
	in.DisallowUnknownFields()
	err := in.Decode(into)
	if err == nil {
		if _, err := in.Token(); err != io.EOF {
			return failf(http.StatusBadRequest, "something stands after the JSON object")
		}
		return nil
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return failf(http.StatusRequestEntityTooLarge, "more than %d bytes: send less at a time", large.Limit)
	}
	return failf(http.StatusBadRequest, "the request cannot be read: %v", err)
}
