package web

import (
	"cmp"
	"slices"

	"requin/count"
	"requin/desk"
	"requin/uncertainty"
)

// beside completes deployments, of which each taxon was assessed by itself, with which certificates stand where a limit was asked for of
// all of the survey's: what it has no room for is not certified. It changes none of the states that it is given.
func beside(settled *desk.Settled, rows []DeploymentState) []DeploymentState {
	if settled == nil || settled.Level() == 0 {
		return rows
	}
	live := map[string]map[string]float64{}
	for _, r := range rows {
		if r.Pending || r.Error != "" {
			continue
		}
		live[r.OpCode] = map[string]float64{}
		for _, t := range r.Taxa {
			if t.Status == string(count.Certified) {
				live[r.OpCode][t.Taxon] = t.Risk
			}
		}
	}
	stands, n := settled.Beside(live)
	out := slices.Clone(rows)
	for i := range out {
		if live[out[i].OpCode] == nil {
			continue
		}
		out[i].Taxa = besideTaxa(settled.Level(), out[i].OpCode, out[i].Taxa, stands, n)
		if out[i].State != "not counted" {
			out[i].State = stateOf(out[i].Taxa)
		}
	}
	return out
}

// besideTaxa is beside for the taxa of one deployment.
func besideTaxa(level float64, opcode string, taxa []TaxonState, stands func(opcode, taxon string) bool, n int) []TaxonState {
	out := slices.Clone(taxa)
	for i := range out {
		t := &out[i]
		if t.Status == string(count.Certified) && !stands(opcode, t.Taxon) {
			t.Certified, t.Withheld, t.Status = false, true, string(count.Reviewed)
		}
		if t.told != nil {
			t.Statement = t.told(uncertainty.Told{Survey: level, Certificates: n, Withheld: t.Withheld}, t.Certified)
		}
		if t.Certified {
			t.Gain = 0
		}
	}
	return out
}

// gain is by how much the next look at a deployment lowers the sum of the survey's risks.
func (d DeploymentState) gain() float64 {
	most := -1.0
	for _, t := range d.Taxa {
		if !t.Certified {
			most = max(most, t.Gain)
		}
	}
	return most
}

// byGain has the deployments first whose next look buys most, where a limit was asked for of all certificates of the survey; those that are
// worked on, and those that need none, come last, in the order of the survey.
func byGain(settled *desk.Settled, rows []DeploymentState) {
	if settled == nil || settled.Level() == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b DeploymentState) int { return cmp.Compare(b.gain(), a.gain()) })
}
