package train

import (
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

// Each recipe that comes with Requin states every setting, so that a reader sees them all.
func TestRecipesAreWhole(t *testing.T) {
	if len(Recipes()) < 3 {
		t.Fatalf("only %v", Recipes())
	}
	for _, name := range Recipes() {
		recipe, err := ReadRecipe(name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if recipe.Name != name {
			t.Errorf("%s calls itself %q", name, recipe.Name)
		}
		text, err := recipes.ReadFile("recipes/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(recipe.YAML(), "\n") {
			key, _, ok := strings.Cut(strings.TrimSpace(line), ":")
			if ok && !strings.Contains(string(text), key+":") {
				t.Errorf("%s does not show %q", name, key)
			}
		}
	}
}

// What is printed is read back as the same.
func TestRecipeRoundTrip(t *testing.T) {
	for _, name := range Recipes() {
		want, err := ReadRecipe(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRecipe(strings.NewReader(want.YAML()))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// The study's numbers, as it states them.
func TestVillon(t *testing.T) {
	r, err := ReadRecipe("villon-2024", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.W != 1333 || r.H != 800 || r.Rate.Base != 0.008 || r.Rate.Schedule != "cosine" || r.Iterations != 200000 ||
		r.Batch != 16 || r.Devices != 4 || r.Folds != 5 || r.BeginsWith != "COCO" {
		t.Errorf("%+v", r)
	}
}

func TestChanges(t *testing.T) {
	r, err := ReadRecipe("laptop", []string{"epochs=3", "learning_rate.base=0.001", "augment.water.p=0", "network=yolox-tiny"})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := ReadRecipe("laptop", nil)
	want.Epochs, want.Rate.Base, want.Augment.Water.P, want.Network = 3, 0.001, 0, "yolox-tiny"
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v\nwant %+v", r, want)
	}
}

func TestRecipeErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "empty"},
		{"epocs: 3", "epocs is not known"},
		{"epochs: many", "line 1"},
		{"learning_rate: {base: 0}", "must be over 0"},
		{"epochs: 3\niterations: 7", "either epochs or iterations"},
		{"batch: 16\ndevice_batch: 5", "multiple"},
		{"taxa: some", "all"},
		{"network: resnet", "known"},
		{"width: 417", "32"},
		{"patience: 3\nvalidate_epochs: 0", "patience needs"},
		{"weight_average: {decay: 1}", "between 0"},
		{strings.Repeat("#", 2<<20), "another file"},
	} {
		_, err := ParseRecipe(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v; want an error with %q", c.text, err, c.want)
		}
	}
	for change, want := range map[string]string{"epochs": "write a change as", "epochs=x": "epochs", "learning_rate.bse=1": "not known"} {
		if _, err := ReadRecipe("laptop", []string{change}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %q", change, err, want)
		}
	}
	if _, err := ReadRecipe("lapto", nil); err == nil || !strings.Contains(err.Error(), "laptop") {
		t.Errorf("an unknown recipe: %v", err)
	}
}

func FuzzRecipe(f *testing.F) {
	for _, name := range Recipes() {
		text, _ := recipes.ReadFile("recipes/" + name + ".yaml")
		f.Add(string(text))
	}
	f.Add("learning_rate: &a {base: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRecipe(strings.NewReader(text))
		if err != nil {
			return
		}
		if r.Batch%r.DeviceBatch != 0 || !(r.Rate.Base > 0) || (r.Epochs > 0) == (r.Iterations > 0) {
			t.Errorf("let through: %+v", r)
		}
	})
}

func TestRateAt(t *testing.T) {
	r := Rate{Base: 0.008, Schedule: "cosine", Warmup: 2}
	for step, want := range []float64{0.004, 0.008, 0.008, 0.008 * (1 + math.Sqrt2/2) / 2, 0.004} {
		if got := r.At(step, 6); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	r.Schedule = "constant"
	if got := r.At(5, 6); got != 0.008 {
		t.Errorf("constant: %g", got)
	}
}

func TestReadRecipeFile(t *testing.T) {
	path := t.TempDir() + "/mine.yaml"
	if err := os.WriteFile(path, []byte("name: mine\nepochs: 7\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecipe(path, nil)
	if err != nil || r.Name != "mine" || r.Epochs != 7 || r.Network != "yolox-nano" {
		t.Errorf("%+v, %v", r, err)
	}
}
