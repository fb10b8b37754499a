package ask

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"gopkg.in/yaml.v3"
)

// Question is what is asked, and what a sentence needs to answer it.
type Question struct {
	Number int    `yaml:"number"` // 1 to 28; 0: one of the user's own
	Name   string `yaml:"name"`
	Text   string `yaml:"question"`

	Asked cues `yaml:"asked"` // by which a free question is known to mean this one
	Has   cues `yaml:"has"`   // one of these, in the sentence itself
	With  cues `yaml:"with"`  // and one of these, in it too
	Near  cues `yaml:"near"`  // and one of these, in it or in a sentence beside it
	Not   cues `yaml:"not"`   // and none of these
	Doubt cues `yaml:"doubt"` // nor of these, unless
	Sure  cues `yaml:"sure"`  // one of these is there
	More  cues `yaml:"more"`  // these bring it forward

	Learned  bool `yaml:"learned"`  // only a text about a model that learns answers it
	Anywhere bool `yaml:"anywhere"` // introductions, abstracts and what others did answer it, too
	Later    bool `yaml:"later"`    // what is to come answers it, too: "will be made available"

	free []string // stems of a question of the user's own
}

//go:embed questions.yaml
var questionsFile []byte

// book is the file of questions.
type book struct {
	Never     cues       `yaml:"never"`    // no sentence with one of these answers anything
	Future    cues       `yaml:"future"`   // nor with these, but where Later
	Ours      cues       `yaml:"ours"`     // who speaks of the own work
	Others    cues       `yaml:"others"`   // who speaks of others'
	Learning  cues       `yaml:"learning"` // of what a text about a model that learns speaks
	Questions []Question `yaml:"questions"`
}

// theBook reads the file, which is part of the program, once.
var theBook = sync.OnceValue(func() book {
	read, err := readBook(questionsFile)
	if err != nil {
		panic(err) // a test reads it
	}
	return read
})

func readBook(content []byte) (book, error) {
	var out book
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	if err := d.Decode(&out); err != nil {
		return book{}, fmt.Errorf("questions.yaml: %w", err)
	}
	for i, q := range out.Questions {
		if q.Number != i+1 || q.Name == "" || q.Text == "" || len(q.Has) == 0 || len(q.Asked) == 0 {
			return book{}, fmt.Errorf("questions.yaml: question %d lacks something, or is out of order", i+1)
		}
	}
	return out, nil
}

// Questions are the 28 that a methods section must answer, as Kommineni, König-Ries and Samuel (arXiv 2411.09269) and
// Ahmed et al. (PeerJ CS 11:e2618) asked them of a hundred papers; the wording and the cues are Requin's.
func Questions() []Question { return slices.Clone(theBook().Questions) }
