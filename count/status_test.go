package count

import "testing"

func TestStanding(t *testing.T) {
	for _, c := range []struct {
		taxon  Taxon
		status Status
		text   string
	}{
		{Taxon{}, Machine, "machine: nobody looked"},
		{Taxon{Review: &Review{Status: Certified, Looked: 14, Frames: 3600, By: []string{"anna", "ben"}}}, Certified, "certified: 14 of 3,600 frames looked at by anna, ben"},
		{Taxon{Review: &Review{Status: Reviewed, Looked: 1, Frames: 60, By: []string{"anna"}, Assumed: true}}, Reviewed, "reviewed: 1 of 60 frames looked at by anna; detectability assumed"},
	} {
		if c.taxon.Status() != c.status || c.taxon.Standing() != c.text {
			t.Errorf("%q, %q", c.taxon.Status(), c.taxon.Standing())
		}
	}
}
