package ask

import (
	"strings"
	"unicode"
)

// word is one word of a text, in lower case and as it was written.
type word struct{ low, exact string }

// Words that stand for kinds of words.
const (
	anyNumber = "<number>"
	anyURL    = "<url>"
)

// wordsOf are the words of a text: letters and digits, hyphens parting them. A number is one word with its decimals, and an address
// on the web comes as the words in it after the word <url>.
func wordsOf(text string) []word {
	var out []word
	for field := range strings.FieldsSeq(strings.ToValidUTF8(text, " ")) {
		if isURL(field) {
			out = append(out, word{anyURL, anyURL})
		}
		start := -1
		end := func(i int) {
			if start >= 0 {
				out = append(out, word{strings.ToLower(field[start:i]), field[start:i]})
			}
			start = -1
		}
		runes := []rune(field)
		at := 0
		for i, r := range runes {
			decimal := (r == '.' || r == ',') && i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), decimal, unicode.Is(unicode.Mn, r):
				if start < 0 {
					start = at
				}
			default:
				end(at)
			}
			at += len(string(r))
		}
		end(len(field))
	}
	return out
}

func isURL(field string) bool {
	low := strings.ToLower(field)
	for _, sign := range []string{"http://", "https://", "www.", "doi.org/", "github.com", "gitlab.com", "doi:", "zenodo.org"} {
		if strings.Contains(low, sign) {
			return true
		}
	}
	_, after, ok := strings.Cut(low, "10.")
	return ok && len(after) > 5 && after[0] >= '0' && after[0] <= '9' && strings.Contains(after, "/")
}

func isNumber(w string) bool {
	return w != "" && w[0] >= '0' && w[0] <= '9' && strings.Trim(w, "0123456789.,") == ""
}

// cue is a run of words that a sentence may have: "weight decay"; a star ends a word that may go on ("augment*"), # is any
// number, and a cue that begins with = is to be met as it is written ("=mAP").
type cue struct {
	text  string
	exact bool
	words []string
}

func newCue(text string) cue {
	c := cue{text: text}
	bare, exact := strings.CutPrefix(text, "=")
	c.exact = exact
	if !exact {
		bare = strings.ToLower(bare)
	}
	for part := range strings.FieldsSeq(strings.NewReplacer("-", " ", "/", " ").Replace(bare)) {
		c.words = append(c.words, part)
	}
	return c
}

// count is how many times a cue is met.
func (c cue) count(words []word) int {
	n := 0
	for i := 0; i+len(c.words) <= len(words); i++ {
		met := true
		for j, want := range c.words {
			if met = c.meets(want, words[i+j]); !met {
				break
			}
		}
		if met {
			n++
		}
	}
	return n
}

func (c cue) meets(want string, w word) bool {
	have := w.low
	if c.exact {
		have = w.exact
	}
	if want == "#" {
		return isNumber(have)
	}
	if stem, open := strings.CutSuffix(want, "*"); open {
		return strings.HasPrefix(have, stem)
	}
	return have == want || want == anyURL && have == anyURL
}

// cues is a list of them.
type cues []cue

// UnmarshalYAML reads a list of cues.
func (c *cues) UnmarshalYAML(unmarshal func(any) error) error {
	var texts []string
	if err := unmarshal(&texts); err != nil {
		return err
	}
	for _, t := range texts {
		*c = append(*c, newCue(t))
	}
	return nil
}

// met tells whether one of them is.
func (c cues) met(words []word) bool {
	for _, one := range c {
		if one.count(words) > 0 {
			return true
		}
	}
	return false
}

// stem takes the usual endings off a word, so that "trained" meets "training".
func stem(w string) string {
	for _, end := range []string{"ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "e"} {
		if s, cut := strings.CutSuffix(w, end); cut && len(s) >= 4 {
			return s
		}
	}
	return w
}

// function words carry no subject.
var function = setOf(`a an and are as at be been but by can could did do does for from had has have how i if in into is it its
	made many may might much my no not of on or our should so some than that the their them then there these they this those to was we were what when where
	which who whom whose why will with would you your used use uses using paper study authors author describe described tell say state stated give given
	please about any kind type sort explain`)

func setOf(list string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		out[w] = true
	}
	return out
}
