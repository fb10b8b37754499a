package ask

import (
	"strings"
	"testing"
)

func TestPhrased(t *testing.T) {
	passages := []Passage{
		{Quotes: []Quote{{Source: "a.pdf", Page: 3, Text: "Training took eleven hours on one RTX 3060 with 32 GB of memory."}}},
		{Quotes: []Quote{{Source: "run", Field: "settings.recipe.batch", Text: "16"}}},
	}
	found := number(20).Quoting(passages[:1])
	none := number(20).About()
	for name, c := range map[string]struct {
		before Answer
		reply  string
		text   string // of the answer; "": the extractive one stands
		why    string // in the error
	}{
		"honest":        {found, "```json\n{\"answer\": \"They used an RTX 3060.\", \"quotes\": [{\"passage\": 1, \"text\": \"one RTX 3060\"}]}\n```", "They used an RTX 3060.", ""},
		"finds more":    {none, `{"answer": "One card.", "quotes": [{"passage": 1, "text": "one RTX 3060"}]}`, "One card.", ""},
		"field":         {none, `{"answer": "The batch was 16.", "quotes": [{"passage": 2, "text": "16"}]}`, "The batch was 16.", ""},
		"invents":       {found, `{"answer": "They used A100s.", "quotes": [{"passage": 1, "text": "four A100 cards"}]}`, "", "not in passage 1"},
		"other passage": {found, `{"answer": "One.", "quotes": [{"passage": 2, "text": "one RTX 3060"}]}`, "", "not in passage 2"},
		"no passage":    {found, `{"answer": "One.", "quotes": [{"passage": 9, "text": "one RTX 3060"}]}`, "", "passage 9 of 2"},
		"wrong number":  {found, `{"answer": "They used four RTX 3090.", "quotes": [{"passage": 1, "text": "one RTX 3060"}]}`, "", "says 3090"},
		"false marks":   {found, `{"answer": "They said “very fast”.", "quotes": [{"passage": 1, "text": "one RTX 3060"}]}`, "", "quotation marks"},
		"refuses":       {found, `{"answer": "I don't know.", "quotes": []}`, "", "the text holds one"},
		"refuses, too":  {none, `{"answer": "Not provided.", "quotes": []}`, "", ""},
		"chats":         {found, "It was an RTX 3060!", "", "not the JSON"},
		"half":          {found, `{"answer": "They used`, "", "not the JSON"},
		"other JSON":    {found, `{"text": "RTX 3060"}`, "", "not the JSON"},
		"empty quote":   {found, `{"answer": "An RTX.", "quotes": [{"passage": 1, "text": " "}]}`, "", "not in passage"},
		"long":          {found, `{"answer": "` + strings.Repeat("word ", 500) + `", "quotes": [{"passage": 1, "text": "one RTX 3060"}]}`, "", "500 words"},
	} {
		got, err := Phrased(c.before, passages, c.reply, "m")
		if c.why == "" && err != nil || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s: %v", name, err)
		}
		if c.text == "" {
			if got.Text != c.before.Text || got.PhrasedBy != "" || len(got.Evidence) != len(c.before.Evidence) {
				t.Errorf("%s: the extractive answer does not stand: %+v", name, got)
			}
			continue
		}
		if got.Text != c.text || got.Status != Found || got.PhrasedBy != "m" || len(got.Evidence) != 1 || got.References[0].Source != got.Evidence[0].Source {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzPhrased(f *testing.F) {
	passages := []Passage{{Quotes: []Quote{{Source: "a.pdf", Page: 3, Text: "Training took 11 hours on one RTX 3060."}}}}
	f.Add(`{"answer": "11 h", "quotes": [{"passage": 1, "text": "11 hours"}]}`)
	f.Add(`{"answer": "“RTX", "quotes": [{"passage": -1, "text": ""}]}`)
	f.Fuzz(func(t *testing.T, reply string) {
		a, _ := Phrased(number(20).About(), passages, reply, "m")
		for _, q := range a.Evidence {
			if !strings.Contains(passages[0].Quotes[0].Text, q.Text) || q.Text == "" {
				t.Errorf("%q is no quote", q.Text)
			}
		}
		if (a.Status == Found) != (len(a.Evidence) > 0) {
			t.Errorf("%+v", a)
		}
	})
}
