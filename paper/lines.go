package paper

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is one line of a page as it was printed.
type line struct {
	text   string
	broken bool // its last word goes on in the next line, where a hyphen stood
}

// breaks are the marks that PDFium leaves where it saw a hyphen at the end of a line and put the word together.
const breaks = "\x02\ufffe\u00ad"

// linesOf are the lines of a page, without blanks around them and without empty ones.
func linesOf(raw string) []line {
	var out []line
	for text := range strings.SplitSeq(strings.ReplaceAll(raw, "\r", "\n"), "\n") {
		for text != "" {
			part, rest := text, ""
			i := strings.IndexAny(text, breaks)
			if i >= 0 {
				_, n := utf8.DecodeRuneInString(text[i:])
				part, rest = text[:i], text[i+n:]
			}
			text = rest
			part = strings.Join(strings.Fields(strings.Map(printable, part)), " ")
			if part == "" {
				continue
			}
			l := line{text: part, broken: i >= 0}
			if cut, is := strings.CutSuffix(part, "-"); is && endsInLetter(cut) {
				l = line{text: cut, broken: true}
			} else if cut, is := strings.CutSuffix(part, "‐"); is && endsInLetter(cut) {
				l = line{text: cut, broken: true}
			}
			out = append(out, l)
		}
	}
	return out
}

// printable turns control characters, of which some fonts are full, into blanks.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

func endsInLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// ligatures are letters that some fonts join.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl")

var digits = regexp.MustCompile(`\d+`)

// edge is how many lines at the top and at the foot of a page may be a running head.
const edge = 2

// furniture takes the running heads and page numbers off the pages: lines at the edge that come again, but for
// numbers, on three pages and on a third of all, and lines that are a number alone.
func furniture(pages [][]line) {
	seen := map[string]int{}
	edges := func(lines []line, look func(i int)) {
		for i := range lines {
			if i < edge || i >= len(lines)-edge {
				look(i)
			}
		}
	}
	key := func(l line) string { return digits.ReplaceAllString(strings.ToLower(l.text), "0") }
	for _, lines := range pages {
		here := map[string]bool{}
		edges(lines, func(i int) { here[key(lines[i])] = true })
		for k := range here {
			seen[k]++
		}
	}
	for p, lines := range pages {
		var drop []int
		edges(lines, func(i int) {
			k := key(lines[i])
			if k == "0" || seen[k] >= max(3, (len(pages)+2)/3) {
				drop = append(drop, i)
			}
		})
		if len(drop) == len(lines) { // a page that is nothing else
			continue
		}
		kept := make([]line, 0, len(lines))
		for i, l := range lines {
			if !slices.Contains(drop, i) {
				kept = append(kept, l)
			}
		}
		pages[p] = kept
	}
}

// words counts the words of all pages, in lower case, hyphenated ones whole and in their parts; broken ones are left out.
func words(pages [][]line) map[string]int {
	out := map[string]int{}
	for _, lines := range pages {
		for i, l := range lines {
			fields := strings.FieldsFunc(strings.ToLower(l.text), func(r rune) bool {
				return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
			})
			if i > 0 && lines[i-1].broken && len(fields) > 0 {
				fields = fields[1:]
			}
			if l.broken && len(fields) > 0 {
				fields = fields[:len(fields)-1]
			}
			for _, f := range fields {
				out[f]++
				if strings.Contains(f, "-") {
					for part := range strings.SplitSeq(f, "-") {
						out[part]++
					}
				}
			}
		}
	}
	return out
}

// keepers are parts of words that a hyphen follows in English more often than not: cross-validation, fine-tuned, three-fold.
var keepers = map[string]bool{"cross": true, "self": true, "semi": true, "leave": true, "well": true, "state": true, "end": true, "fine": true, "high": true, "low": true,
	"real": true, "large": true, "small": true, "long": true, "short": true, "k": true, "one": true, "two": true, "three": true, "four": true, "five": true, "six": true, "ten": true}

// hyphenated tells whether the hyphen at the end of a line belongs to the word: as in GPU-cluster, not as in
// clus-ter. What the paper writes elsewhere decides; else a word in capitals, or with digits, keeps it.
func hyphenated(left, right string, known map[string]int) bool {
	i := strings.LastIndexFunc(left, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) + 1
	j := strings.IndexFunc(right, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	if j < 0 {
		j = len(right)
	}
	if i > 0 { // step over the rune that was found
		_, n := utf8.DecodeRuneInString(left[i-1:])
		i += n - 1
	}
	l, r := left[i:], right[:j]
	low, high := strings.ToLower(l), strings.ToLower(r)
	switch joined, apart := known[low+high], known[low+"-"+high]; {
	case apart > joined:
		return true
	case joined > 0:
		return false
	}
	if keepers[low] {
		return true
	}
	if first, ok := firstRune(r); !ok || !unicode.IsLetter(first) || unicode.IsUpper(first) {
		return true
	}
	return len(l) > 1 && l == strings.ToUpper(l) && strings.ContainsFunc(l, unicode.IsLetter) || strings.ContainsFunc(l, unicode.IsDigit) ||
		strings.Contains(l, "-") || known[low] > 1 && known[high] > 1 && len(l) > 3 && len(r) > 3
}
