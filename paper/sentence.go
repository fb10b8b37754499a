package paper

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// block is a run of lines that sentences may run through: a paragraph, a heading, a row of a table.
type block struct {
	page       int // of its first line, from 0
	start, end int // in the text of that page
	section    Section
	heading    bool
}

// read makes the paper's pages and sentences.
func (p *Paper) read(raw []string) {
	pages := make([][]line, len(raw))
	for i, text := range raw {
		pages[i] = linesOf(ligatures.Replace(text))
	}
	furniture(pages)
	known := words(pages)
	section := Other
	var blocks []block
	for i, lines := range pages {
		page := Page{Number: i + 1}
		var found []block
		page.Text, found = layOut(lines, known, &section)
		for j := range found {
			found[j].page = i
		}
		p.Pages = append(p.Pages, page)
		blocks = append(blocks, found...)
	}
	p.split(blocks)
}

// layOut joins the lines of a page and says which of its stretches belong together.
func layOut(lines []line, known map[string]int, section *Section) (string, []block) {
	var text strings.Builder
	var blocks []block
	usual := usualWidth(lines)
	for i, l := range lines {
		joined := i > 0 && lines[i-1].broken
		if joined && hyphenated(lines[i-1].text, l.text, known) {
			text.WriteByte('-')
		} else if i > 0 && !joined {
			text.WriteByte(' ')
		}
		start := text.Len()
		text.WriteString(l.text)
		opens, is := heading(l.text)
		is = is && !joined && (*section != References || opens != Other)
		if is && (opens != Other || !subsection.MatchString(l.text)) { // a part of a section is of its kind
			*section = opens
		}
		alone := is && !runIn.MatchString(numbering.ReplaceAllString(l.text, ""))
		if fresh := i == 0 || is || blocks[len(blocks)-1].heading || !joined && apart(lines[i-1].text, l.text, usual); fresh {
			blocks = append(blocks, block{start: start, section: *section, heading: alone})
		}
		blocks[len(blocks)-1].end = text.Len()
	}
	return text.String(), blocks
}

// usualWidth is the length of a full line of the page, in letters.
func usualWidth(lines []line) int {
	widths := make([]int, 0, len(lines))
	for _, l := range lines {
		widths = append(widths, utf8.RuneCountInString(l.text))
	}
	slices.Sort(widths)
	if len(widths) == 0 {
		return 0
	}
	return widths[len(widths)*2/3]
}

// apart tells whether a line does not go on in the next: it is short, and the next begins as a sentence or a row does.
func apart(above, below string, usual int) bool {
	first, _ := firstRune(below)
	if !unicode.IsUpper(first) && !unicode.IsDigit(first) && !strings.ContainsRune("•–▪‣", first) {
		return false
	}
	return utf8.RuneCountInString(above)*4 < usual*3 && !strings.HasSuffix(above, ",")
}

// split cuts the blocks into sentences; one that ends in the middle at the foot of a page goes on where the next begins.
func (p *Paper) split(blocks []block) {
	for i, b := range blocks {
		if b.section == References {
			continue
		}
		text := p.Pages[b.page].Text[b.start:b.end]
		if strings.Count(text, ". . .") > 1 || strings.Contains(text, "......") { // a table of contents
			b.heading = true
		}
		for n, part := range sentences(text) {
			goesOn := n == 0 && i > 0 && !b.heading && p.goesOn(blocks[i-1], b, part)
			if goesOn {
				last := &p.Sentences[len(p.Sentences)-1]
				last.Parts = append(last.Parts, Part{b.page + 1, part})
				continue
			}
			p.Sentences = append(p.Sentences, Sentence{Parts: []Part{{b.page + 1, part}}, Section: b.section, Heading: b.heading})
		}
	}
}

// mostParts of a sentence: it does not run over more pages.
const mostParts = 3

// goesOn tells whether a block on a new page goes on with the sentence that ended the page before.
func (p *Paper) goesOn(before, b block, part string) bool {
	if before.page == b.page || before.heading || before.section != b.section || len(p.Sentences) == 0 {
		return false
	}
	last := p.Sentences[len(p.Sentences)-1]
	first, _ := firstRune(part)
	return len(last.Parts) < mostParts && !ends(last.Parts[len(last.Parts)-1].Text) && (unicode.IsLower(first) || strings.HasSuffix(last.Text(), ","))
}

func ends(s string) bool {
	s = strings.TrimRight(s, `"”’)]`)
	return strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?")
}

// mostBytes of a sentence. Longer ones are tables and lists without a full stop, and are cut between words.
const mostBytes = 1200

// sentences cuts a text after full stops, question and exclamation marks that end a sentence.
func sentences(text string) []string {
	var out []string
	take := func(s string) {
		for s = strings.TrimSpace(s); len(s) > mostBytes; {
			cut := strings.LastIndexByte(s[:mostBytes], ' ')
			if cut <= 0 {
				for cut = mostBytes; !utf8.RuneStart(s[cut]); {
					cut--
				}
			}
			out = append(out, s[:cut])
			s = strings.TrimSpace(s[cut:])
		}
		if s != "" {
			out = append(out, s)
		}
	}
	start := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != '.' && c != '?' && c != '!' {
			continue
		}
		end := i + 1
		for end < len(text) {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !strings.ContainsRune(`"”’)]`, r) {
				break
			}
			end += n
		}
		if end < len(text) && (text[end] != ' ' || !begins(text[end+1:]) || text[i] == '.' && abbreviated(text[start:i])) {
			continue
		}
		take(text[start:end])
		start, i = end, end-1
	}
	take(text[start:])
	return out
}

// begins tells whether a text may begin a sentence.
func begins(s string) bool {
	r, ok := firstRune(s)
	return ok && (unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune(`"“‘([•–▪`, r))
}

// abbreviations end in a full stop that ends no sentence.
var abbreviations = map[string]bool{
	"al": true, "e.g": true, "i.e": true, "cf": true, "vs": true, "fig": true, "figs": true, "eq": true, "eqs": true, "sec": true, "tab": true, "no": true,
	"nos": true, "approx": true, "ca": true, "sp": true, "spp": true, "subsp": true, "dr": true, "prof": true, "mr": true, "mrs": true,
	"resp": true, "vol": true, "pp": true, "p": true, "ed": true, "eds": true, "ref": true, "refs": true, "suppl": true, "dept": true,
	"univ": true, "inc": true, "ltd": true, "jan": true, "feb": true, "aug": true, "sept": true, "oct": true, "nov": true, "dec": true, "u.s": true,
}

// abbreviated tells whether the word before a full stop is an abbreviation: a known one, or one letter as in C. melanopterus.
func abbreviated(before string) bool {
	word := strings.TrimLeft(before[strings.LastIndexByte(before, ' ')+1:], `"“‘([`)
	if utf8.RuneCountInString(word) == 1 {
		r, _ := firstRune(word)
		return unicode.IsUpper(r)
	}
	return abbreviations[strings.ToLower(word)]
}
