// Package paper's noun is a paper: a PDF, or a text, as pages of plain text and the sentences on them. It
// owns how a file becomes those: columns and hyphens undone, running heads and lists of
// references left out, and what cannot be read said. It looks for no answers (ask).
//
// The flow:
//
//	reader := paper.NewReader(paper.DefaultLimits())
//	defer reader.Close(ctx)
//	p, err := reader.Read(ctx, "villon-2024.pdf") // an *Unreadable: encrypted, scanned, broken ...
//	for _, s := range p.Sentences { ... }
//
// What can be relied on: each part of a sentence is, letter for letter, in the text of its page.
package paper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Paper is what a file says.
type Paper struct {
	Name      string // of its file
	SHA256    string
	Pages     []Page
	Sentences []Sentence // in the order of reading, without running heads and lists of references
	Silent    []int      // numbers of pages on which no text was found: pictures, perhaps scans
}

// Page is one page of a paper, its lines joined by spaces, words that were broken at the end of a line put together.
type Page struct {
	Number int // from 1, as readers of PDF count; not what is printed on it
	Text   string
}

// Part is what of a sentence stands on one page.
type Part struct {
	Page int
	Text string
}

// Sentence is one sentence, or one row of a table, or one heading.
type Sentence struct {
	Parts   []Part // one, or one for each page that it runs over
	Section Section
	Heading bool
}

// Text is the whole sentence.
func (s Sentence) Text() string {
	var parts []string
	for _, p := range s.Parts {
		parts = append(parts, p.Text)
	}
	return strings.Join(parts, " ")
}

// Holds tells whether a page has this text, letter for letter.
func (p *Paper) Holds(page int, text string) bool {
	return page >= 1 && page <= len(p.Pages) && text != "" && strings.Contains(p.Pages[page-1].Text, text)
}

// Unreadable says why a file gives no text, and what can be done.
type Unreadable struct{ Name, Why string }

func (u *Unreadable) Error() string { return u.Name + " cannot be read: " + u.Why }

// Limits are what a paper may take.
type Limits struct {
	Bytes  int64         // of the file
	Pages  int           // of a PDF
	Memory int64         // of the reading of a PDF, besides its text
	Time   time.Duration // of the reading of one paper
	Text   int           // bytes of text
}

// DefaultLimits are generous for papers and theses.
func DefaultLimits() Limits {
	return Limits{Bytes: 200 << 20, Pages: 5000, Memory: 768 << 20, Time: 2 * time.Minute, Text: 32 << 20}
}

// Read reads a file: a PDF, or a plain text whose pages are parted by form feeds.
func (r *Reader) Read(ctx context.Context, path string) (*Paper, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, &Unreadable{path, "it is no file; name a PDF or a text"}
	}
	content, err := io.ReadAll(io.LimitReader(f, r.limits.Bytes+1))
	if err != nil {
		return nil, err
	}
	return r.Parse(ctx, filepath.Base(path), content)
}

// Parse is Read of bytes at hand.
func (r *Reader) Parse(ctx context.Context, name string, content []byte) (*Paper, error) {
	switch {
	case int64(len(content)) > r.limits.Bytes:
		return nil, &Unreadable{name, fmt.Sprintf("it is larger than %d MB", r.limits.Bytes>>20)}
	case len(content) == 0:
		return nil, &Unreadable{name, "it is empty (0 bytes): copy or download it again"}
	}
	raw, err := r.pages(ctx, content)
	if err != nil {
		if why := new(refusal); errors.As(err, why) {
			return nil, &Unreadable{name, string(*why)}
		}
		return nil, err
	}
	sum := sha256.Sum256(content)
	p := &Paper{Name: name, SHA256: hex.EncodeToString(sum[:])}
	if err := p.fill(raw); err != nil {
		return nil, &Unreadable{name, err.Error()}
	}
	return p, nil
}

// refusal is why a file cannot be read.
type refusal string

func (r refusal) Error() string { return string(r) }

// pages gives the text of each page as the file has it.
func (r *Reader) pages(ctx context.Context, content []byte) ([]string, error) {
	head := content[:min(len(content), 1024)]
	if bytes.Contains(head, []byte("%PDF-")) {
		return r.pdf(ctx, content)
	}
	if !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return nil, refusal("it is neither a PDF nor a text in UTF-8: download it again, or export it as PDF")
	}
	if len(content) > r.limits.Text {
		return nil, refusal(fmt.Sprintf("it has more than %d MB of text", r.limits.Text>>20))
	}
	return strings.Split(strings.TrimSuffix(string(content), "\f"), "\f"), nil
}

// leastLetters are needed on a page, in the middle, to say that a paper has text.
const leastLetters = 20

// fill makes pages and sentences out of the raw text of pages.
func (p *Paper) fill(raw []string) error {
	letters, odd := 0, 0
	for i, text := range raw {
		n := 0
		for _, r := range text {
			switch {
			case unicode.IsLetter(r):
				n++
			case r == utf8.RuneError, unicode.Is(unicode.Co, r):
				odd++
			}
		}
		if n < leastLetters {
			p.Silent = append(p.Silent, i+1)
		}
		letters += n
	}
	switch {
	case letters+odd < leastLetters, len(p.Silent) == len(raw):
		return errors.New("it holds no text: pictures of pages, as from a scanner, need text recognition first (ocrmypdf in.pdf out.pdf)")
	case odd > letters/2:
		return errors.New("its fonts do not tell which letters they show: print it to PDF anew, or run text recognition on it (ocrmypdf --force-ocr)")
	}
	p.read(raw)
	return nil
}
