package paper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Reader reads papers, one after the other or side by side. PDFs are read by PDFium (Chromium's, as
// WebAssembly by klippa-app/go-pdfium): it can touch no file and no network, and its memory has a bound.
type Reader struct {
	limits Limits
	once   sync.Once
	pool   pdfium.Pool
	err    error // of starting it
}

// NewReader makes a reader. PDFium starts with the first PDF: a quarter of a second, five seconds once on a machine.
func NewReader(limits Limits) *Reader { return &Reader{limits: limits} }

// Close lets go of PDFium's memory.
func (r *Reader) Close() error {
	r.once.Do(func() { r.err = errors.New("the reader is closed") })
	if r.pool == nil {
		return nil
	}
	return r.pool.Close()
}

// pageBytes is a page of WebAssembly's memory.
const pageBytes = 64 << 10

// start compiles PDFium, or takes it from the user's cache.
func (r *Reader) start() {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling). // it catches its errors by these
		WithCloseOnContextDone(true).
		WithMemoryLimitPages(uint32(min(r.limits.Memory/pageBytes, 1<<16)))
	if folder, err := os.UserCacheDir(); err == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(folder, "requin", "pdfium")); err == nil { // else it is compiled each time
			config = config.WithCompilationCache(cache)
		}
	}
	r.pool, r.err = webassembly.Init(webassembly.Config{
		MaxTotal: 2, RuntimeConfig: config, FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
	})
	if r.err != nil {
		r.err = fmt.Errorf("PDFium does not start: %w", r.err)
	}
}

// pdf gives the text of each page of a PDF.
func (r *Reader) pdf(ctx context.Context, content []byte) (pages []string, err error) {
	if r.once.Do(r.start); r.err != nil {
		return nil, r.err
	}
	limited, cancel := context.WithTimeout(ctx, r.limits.Time)
	defer cancel()
	instance, err := r.pool.GetInstanceWithContext(limited)
	if err != nil {
		return nil, fmt.Errorf("PDFium does not start: %w", err)
	}
	finished := context.AfterFunc(limited, func() { _ = instance.Kill() }) // a file may keep it busy for ever
	defer func() {
		if finished() {
			_ = instance.Close()
		}
		switch {
		case ctx.Err() != nil:
			pages, err = nil, ctx.Err()
		case limited.Err() != nil:
			pages, err = nil, refusal(fmt.Sprintf("it took longer than %v", r.limits.Time.Round(time.Second)))
		}
	}()
	return r.texts(limited, instance, content)
}

func (r *Reader) texts(ctx context.Context, instance pdfium.Pdfium, content []byte) ([]string, error) {
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &content})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return nil, refusal("it is encrypted: save it without a password (qpdf --decrypt --password=... in.pdf out.pdf)")
	case err != nil:
		return nil, refusal(fmt.Sprintf("it is broken (PDFium: %v): download it again, or repair it (qpdf in.pdf out.pdf)", err))
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	switch {
	case err != nil:
		return nil, refusal(fmt.Sprintf("it is broken (PDFium: %v): download it again", err))
	case count.PageCount == 0:
		return nil, refusal("it has no pages: download it again")
	case count.PageCount > r.limits.Pages:
		return nil, refusal(fmt.Sprintf("it has %d pages, more than %d: cut out the part that is a paper (qpdf in.pdf --pages . 1-50 -- out.pdf)", count.PageCount, r.limits.Pages))
	}
	pages, total := make([]string, count.PageCount), 0
	for i := range pages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		page := requests.Page{ByIndex: &requests.PageByIndex{Document: opened.Document, Index: i}}
		text, err := instance.GetPageText(&requests.GetPageText{Page: page})
		if err != nil {
			return nil, refusal(fmt.Sprintf("its page %d is broken (PDFium: %v): download it again, or repair it (qpdf in.pdf out.pdf)", i+1, err))
		}
		if total += len(text.Text); total > r.limits.Text {
			return nil, refusal(fmt.Sprintf("it has more than %d MB of text", r.limits.Text>>20))
		}
		pages[i] = text.Text
	}
	return pages, nil
}
