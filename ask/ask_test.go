package ask

import (
	"math"
	"slices"
	"strings"
	"testing"

	"requin/paper"
)

// paperOf is a paper of one page of text.
func paperOf(t testing.TB, text string) *paper.Paper {
	t.Helper()
	r := paper.NewReader(paper.DefaultLimits())
	defer r.Close()
	p, err := r.Parse(t.Context(), "x.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// number is a question of the 28.
func number(n int) Question { return Questions()[n-1] }

func TestQuestions(t *testing.T) {
	if n := len(Questions()); n != 28 {
		t.Fatalf("%d questions", n)
	}
	if _, err := readBook([]byte("questions:\n- number: 2\n  name: x\n")); err == nil {
		t.Error("a broken file was read")
	}
	if _, err := readBook([]byte("nonsense: 1")); err == nil {
		t.Error("an unknown key was read")
	}
}

// Hardware is what the traps are made for.
func TestHardware(t *testing.T) {
	for text, want := range map[string]string{
		"2 Methods\nThe training was completed in 96 h per model using a GPU-cluster equipped with 4 RTX8000.":                                                                        "The training was completed in 96 h per model using a GPU-cluster equipped with 4 RTX8000.", // the reference study's
		"2 Methods\nWe trained on two A100. Inference ran on a Jetson.":                                                                                                               "We trained on two A100.",
		"2 Methods\nThe network was trained for two days. An RTX 2080 Ti was used for this.":                                                                                          "An RTX 2080 Ti was used for this.",
		"2 Methods\nThe network was trained for two days. The annotation tool ran on a laptop.":                                                                                       "",
		"1 Introduction\nPrevious models were trained on 512 TPU cores by Somebody et al. (2020).":                                                                                    "",
		"2 Methods\nWe trained the model.\nAcknowledgements\nWe thank the company for the GPU on which it was trained.":                                                               "",
		"2 Methods\nWe trained the model.\nThe GPU used to train the model was not recorded.":                                                                                         "",
		"2 Methods\nWe trained the model.\n4 Discussion\nIn the future, training could be moved to a GPU cluster.":                                                                    "",
		"2 Methods\nInference on the RTX 3090 took 8 ms a frame.":                                                                                                                     "",
		"2 Methods\nStations were grouped by cluster analysis, and a model was trained for each cluster of them.\nReferences\n[1] We trained on four V100 GPUs. Journal of Examples.": "",
		"Methods\nNo word of it is in here.": "",
	} {
		a := Find(number(20), Passages(paperOf(t, text)))
		if want == "" {
			if a.Status != NotFound || a.Text != DontKnow || len(a.Evidence) != 0 || len(a.References) != 0 {
				t.Errorf("%q: got %q", text, a.Text)
			}
			continue
		}
		if a.Status != Found || a.Text != want || a.Evidence[0].Text != want || a.Evidence[0].Page != 1 || a.References[0].Page != 1 {
			t.Errorf("%q: got %s %q, want %q", text, a.Status, a.Text, want)
		}
	}
}

func TestUnderstand(t *testing.T) {
	for text, want := range map[string]int{
		"20": 20, "Which hardware was used to train the model?": 20, "hardware used for training": 20, "what GPU did they train on": 20,
		"How many epochs did they train for?": 13, "Is the code on GitHub?": 8, "Where can I download the data?": 9, "Which optimizer was used?": 15,
		"How was the dataset split?": 7, "Did they fix the random seed?": 24, "Was early stopping used?": 16, "What learning rate did they use?": 13,
		"Were the hyperparameters tuned?": 14, "Which biases does the training data have?": 26, "What was the aim of the work?": 25,
		"Was dropout used against overfitting?": 17, "Which file format do the videos have?": 2, "How were images annotated?": 3,
		"What is the link to the code?": 10, "Does it run on a smartphone?": 28, "Which threshold was put on the scores?": 21, "Which metrics are reported?": 22,
		"What does the ferry to the island cost?": 0, "How deep were the stations?": 0, "Who is the author's favourite painter?": 0, "29": 0, "0": 0,
	} {
		q, how := Understand(text)
		if q.Number != want || (want == 0) != (how == AsFree) {
			t.Errorf("%q: question %d (%s), want %d", text, q.Number, how, want)
		}
	}
	for text, want := range map[string]Understanding{
		"Quel matériel a été utilisé pour entraîner le modèle ?": Foreign, "Welche Hardware wurde verwendet?": Foreign, "¿Qué hardware se usó para entrenar?": Foreign,
		"模型是用什么硬件训练的？": Foreign, "  ": Empty, "???": Empty, "the of": Empty,
	} {
		q, how := Understand(text)
		if how != want {
			t.Errorf("%q is %s, want %s", text, how, want)
		}
		if a, refused := q.Refused(how); !refused || a.Status != NotFound || len(a.Notes) == 0 {
			t.Errorf("%q is not refused: %+v", text, a)
		}
	}
}

func TestFree(t *testing.T) {
	p := Passages(paperOf(t, "Methods\nStations lay at depths from 8 to 31 m. The bait was 1 kg of crushed pilchards. Cameras were calibrated in a pool.\nThe colour of the frame was not reported."))
	for text, want := range map[string]string{
		"What bait was used?": "The bait was 1 kg of crushed pilchards.", "How were cameras calibrated?": "Cameras were calibrated in a pool.",
		"What does the ferry cost?": "", "What colour did the frame have?": "", "How heavy was the bait bag of the third station?": "",
	} {
		q, _ := Understand(text)
		q.Number = 0 // in its own words, also where it is near one of the 28
		if len(q.free) == 0 {
			q.free = []string{"calibrat", "camera"}
		}
		a := Find(q, p)
		if want == "" && a.Status != NotFound || want != "" && (a.Status != Found || a.Evidence[0].Text != want) {
			t.Errorf("%q: %s %q, want %q", text, a.Status, a.Text, want)
		}
	}
}

// Answers have fewer than 400 words, whatever the text.
func TestLength(t *testing.T) {
	long := strings.Repeat("word ", 390)
	a := number(20).Quoting([]Passage{{Quotes: []Quote{{Text: long}}}, {Quotes: []Quote{{Text: long}}}})
	if len(a.Evidence) != 1 || len(strings.Fields(a.Text)) >= MostWords {
		t.Errorf("%d quotes, %d words", len(a.Evidence), len(strings.Fields(a.Text)))
	}
	a = number(20).Quoting([]Passage{{Quotes: []Quote{{Text: long + long}}}})
	if n := len(strings.Fields(a.Text)); n >= MostWords {
		t.Errorf("%d words", n)
	}
}

func TestCues(t *testing.T) {
	for _, c := range []struct {
		cue, text string
		want      int
	}{
		{"weight decay", "A Weight-decay of 0.1, and no weight loss or decay", 1},
		{"augment*", "Augmentation: we augmented", 2},
		{"# epochs", "for 1,000 epochs, not 10 epochs", 2},
		{"=mAP", "a map, the mAP", 1},
		{"<url>", "see https://example.org/x and doi:10.1/x2345", 2},
		{"rtx*", "RTX8000", 1},
		{"r cnn", "Faster R-CNN", 1},
	} {
		if got := newCue(c.cue).count(wordsOf(c.text)); got != c.want {
			t.Errorf("%q in %q: %d times, want %d", c.cue, c.text, got, c.want)
		}
	}
}

// By hand: three texts of 2, 2 and 4 words, mean 8/3; "shark" is in two, so its idf is ln(1 + 1.5/2.5) = 0.470.
func TestRank(t *testing.T) {
	texts := [][]word{wordsOf("shark seen"), wordsOf("nothing seen"), wordsOf("shark shark and fish")}
	got := rank(texts, []term{{1, newCue("shark").count}})
	idf := math.Log(1.6)
	want := []float64{idf * 2.2 / (1 + 1.2*(0.25+0.75*0.75)), 0, idf * 2 * 2.2 / (2 + 1.2*(0.25+0.75*1.5))}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("text %d: %g, want %g", i, got[i], want[i])
		}
	}
	if len(rank(nil, nil)) != 0 {
		t.Error("no texts have scores")
	}
}

func TestCheck(t *testing.T) {
	p := paperOf(t, "Methods\nThe optimiser was Adam. A network was trained.")
	a := Find(number(15), Passages(p))
	if err := a.Check(p); err != nil || a.Status != Found {
		t.Errorf("%+v, %v", a, err)
	}
	for _, spoil := range []func(q *Quote){
		func(q *Quote) { q.Text = "The optimiser was SGD." }, func(q *Quote) { q.Page = 2 }, func(q *Quote) { q.SHA256 = "" },
	} {
		b := a
		b.Evidence = slices.Clone(a.Evidence)
		if spoil(&b.Evidence[0]); b.Check(p) == nil {
			t.Errorf("went through: %+v", b.Evidence[0])
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Which hardware was used?", "Methods\nWe trained on a GPU for 10 epochs. See https://x.org/1.")
	f.Add("où", "1 x\ufb01\f2")
	f.Fuzz(func(t *testing.T, question, text string) {
		r := paper.NewReader(paper.DefaultLimits())
		p, err := r.Parse(t.Context(), "x.txt", []byte(text))
		if err != nil {
			return
		}
		q, how := Understand(question)
		a, refused := q.Refused(how)
		if !refused {
			a = Find(q, Passages(p))
		}
		if err := a.Check(p); err != nil {
			t.Error(err)
		}
		if (a.Status == Found) != (len(a.Evidence) > 0) || len(strings.Fields(a.Text)) >= MostWords {
			t.Errorf("%+v", a)
		}
		for _, n := range []int{1, 20, 28} {
			if err := Find(number(n), Passages(p)).Check(p); err != nil {
				t.Error(err)
			}
		}
	})
}
