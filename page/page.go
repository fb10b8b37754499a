// Package page's noun is a page: one HTML file that needs nothing else. It owns the
// house style, in light, dark and print, and what stands around the body. What a page
// says is its writer's.
//
// What can be relied on: the file has no script, no font and no network, and its
// Content-Security-Policy forbids them; every text is escaped; the same data give the
// same bytes. A style attribute is forbidden too: styles go by class.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the frame and the style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var frameText string

// CSS is the house style: colours in light, dark and print, and how text and tables stand.
//
//go:embed house.css
var CSS string

// Top is what stands above the body.
type Top struct {
	Title   string
	Styles  []string // that follow the house style
	Refresh int      // seconds after which the page is read again; 0: never
}

// Write fills in body, an html/template, with data and writes the page in UTF-8. If it
// fails before w does, nothing was written.
func Write(w io.Writer, top Top, body string, data any) error {
	page, err := template.New("page").Parse(frameText)
	if err == nil {
		_, err = page.New("body").Parse(body)
	}
	if err != nil {
		return fmt.Errorf("template of %q: %w", top.Title, err)
	}
	style := CSS + strings.Join(top.Styles, "")
	sum := sha256.Sum256([]byte(style))
	var out bytes.Buffer // a template that fails half way must not leave half a page
	err = page.Execute(&out, struct {
		Top
		Style     template.CSS
		StyleHash string
		Data      any
	}{top, template.CSS(style), base64.StdEncoding.EncodeToString(sum[:]), data})
	if err != nil {
		return fmt.Errorf("page %q: %w", top.Title, err)
	}
	_, err = out.WriteTo(w)
	return err
}

// JPEG is a picture as the source of an img.
func JPEG(picture []byte) template.URL {
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(picture))
}
