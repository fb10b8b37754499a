package exchange

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"requin/annotate"
	"requin/count"
)

// What an observation rests on, in the standard's fields: classificationMethod is machine where nobody looked and human
// where people did, whom classifiedBy names; observationComments say it in words; observationTags hold the rest.
// classificationProbability stays blank: the risk is the chance that a count is too low, not how sure a name is.

// ctStatus is the tag of the status; the other cells of a verification have their own names there.
const ctStatus = "countStatus"

// The tags of who counted and when, which classifiedBy and classificationTimestamp do not say where people looked.
const (
	ctCountedBy = "countedBy"
	ctCountedAt = "countedAt"
)

// ctTag is the tag of a cell of a verification, in the way of the standard's names.
func ctTag(cell string) string {
	switch cell {
	case cellMachine:
		return "machineMaxN"
	case cellLog:
		return "reviewLogSHA256"
	case cellStatus, cellRisk, cellLimit:
		cell = "count_" + cell
	}
	words := strings.Split(cell, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// ctMethod is the classificationMethod of a status.
func ctMethod(status string) string {
	if status == string(count.Machine) {
		return "machine"
	}
	return "human"
}

// ctTrust orders counts by how far they may be trusted; what people stated comes last.
func ctTrust(c annotate.Count) int {
	if c.Verified == nil {
		return len(statuses)
	}
	return slices.Index(statuses, c.Verified.Status)
}

// ctSecond is a moment to the second, as the standard has it; "" where there is none.
func ctSecond(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ctTime(t.Truncate(time.Second))
}

// ctVerified sets the fields and tags of a count that says what it rests on.
func ctVerified(v map[string]string, tags *ctTags, verified annotate.Verification, by annotate.Origin) {
	cells := verifiedCells(verified)
	who, when := cells[cellBy], verified.At
	if verified.Status == string(count.Machine) {
		who, when = cmp.Or(verified.Model, by.By), by.At
	}
	v["classificationMethod"], v["classifiedBy"], v["classificationTimestamp"] = ctMethod(verified.Status), tidy(who), ctSecond(when)
	unless(v, "observationComments", standing(verified))
	if cells[cellBy] == v["classifiedBy"] {
		cells[cellBy] = ""
	}
	for _, cell := range []string{cellBy, cellAlone} {
		cells[cell] = strings.ReplaceAll(cells[cell], " | ", "; ") // a bar would end the tag
	}
	if verified.Status != string(count.Machine) && v["classificationTimestamp"] == ctTime(verified.At) {
		cells[cellAt] = ""
	}
	for _, cell := range verifiedOrder {
		tags.add(ctTag(cell), cells[cell])
	}
	tags.add(ctCountedBy, by.By)
	if !by.At.IsZero() {
		tags.add(ctCountedAt, by.At.Format(time.RFC3339Nano))
	}
}

// ctTakeStatus takes the status off the tags, where it is one of Requin's words.
func ctTakeStatus(tags *ctTags) string {
	i := slices.IndexFunc(*tags, func(tag [2]string) bool { return tag[0] == ctStatus && isStatus(tag[1]) })
	if i < 0 {
		return ""
	}
	status := (*tags)[i][1]
	*tags = append((*tags)[:i:i], (*tags)[i+1:]...)
	return status
}

// ctTakeVerified takes what a count rests on off its tags. A count that a machine classified, in a package of whomever, is one
// that nobody looked at. The origin, read from classifiedBy and classificationTimestamp, becomes that of the count.
func ctTakeVerified(t *ctTable, tags *ctTags, origin *annotate.Origin) (*annotate.Verification, error) {
	method := t.text("classificationMethod")
	status := ctTakeStatus(tags)
	if status == "" {
		if method != ctMethod(string(count.Machine)) {
			return nil, nil
		}
		return &annotate.Verification{Status: string(count.Machine)}, nil
	}
	cells := map[string]string{cellStatus: status}
	for _, cell := range verifiedOrder[1:] {
		cells[cell] = tags.take(ctTag(cell))
	}
	for _, cell := range []string{cellBy, cellAlone} {
		cells[cell] = strings.ReplaceAll(cells[cell], "; ", " | ")
	}
	machine := status == string(count.Machine)
	if !machine && cells[cellBy] == "" {
		cells[cellBy] = t.text("classifiedBy")
	}
	if !machine && cells[cellAt] == "" {
		cells[cellAt] = t.text("classificationTimestamp")
	}
	*origin = annotate.Origin{By: tags.take(ctCountedBy)}
	if at, err := time.Parse(time.RFC3339Nano, tags.take(ctCountedAt)); err == nil {
		origin.At = at.UTC()
	}
	return verifiedOf(cells)
}

// zero is what is written of an explicit zero: nothing, or the one observation of type blank of a deployment in which nothing at all
// was seen, which says what the zero that is trusted least rests on.
func (w *ctWriter) zero(d *ctDeployment, r annotate.Count, v map[string]string, where string) map[string]string {
	if w.seen[r.OpCode] {
		w.losses.add("an explicit zero: a count begins at 1, and blank means that nothing at all was seen", where)
		return nil
	}
	least := w.blank[r.OpCode]
	if r.Verified != nil && ctTrust(r) != ctTrust(least) {
		w.losses.add("the status of a zero beside one that is trusted less", where)
	}
	if d.blank {
		return nil
	}
	d.blank = true
	row := map[string]string{"deploymentID": d.OpCode, "eventID": v["eventID"], "eventStart": v["eventStart"], "eventEnd": v["eventEnd"],
		"observationLevel": "event", "observationType": "blank", "classificationMethod": v["classificationMethod"]}
	tags := ctTags{{"metric", cmp.Or(r.Metric, "MaxN")}}
	if least.Verified != nil {
		ctVerified(row, &tags, *least.Verified, least.Origin)
	}
	row["observationTags"] = tags.String()
	return row
}
