package exchange

import (
	"fmt"
	"io"
	"strings"

	"requin/annotate"
)

// CAAB gives the 8-digit codes of the Codes for Australian Aquatic Biota by taxon.
type CAAB map[string]string

// ReadCAAB reads a list of taxa with their CAAB codes: any table with the columns genus and species (and
// family, which tells apart "Unknown spp" of several) and caab, caab_code, "CAAB CODE" or spcode. EventMeasure's
// species file (FAMILY GENUS SPECIES "CAAB CODE", separated by tabs) and
// the life-history lists of CheckEM are such. Rows without a code of 8 digits are left out; of two
// codes for a taxon the first stands. name is the file's, for errors.
func ReadCAAB(name string, r io.Reader) (CAAB, error) {
	t, err := openTable(name, r, 0)
	if err != nil {
		return nil, err
	}
	code, err := t.need("caab", "caab_code", "spcode", "code")
	if err != nil {
		return nil, err
	}
	genus, err := t.need("genus")
	if err != nil {
		return nil, err
	}
	species, err := t.need("species")
	if err != nil {
		return nil, err
	}
	family := t.column("family")
	c := newCells(t, "")
	list := CAAB{}
	for c.next() {
		if number := c.text(code); len(number) == 8 && strings.Trim(number, "0123456789") == "" {
			s := annotate.Species{Family: c.text(family), Genus: c.text(genus), Species: c.text(species)}
			if key := caabKey(s); list[key] == "" {
				list[key] = strings.Clone(number)
			}
		}
	}
	if t.err == nil && len(list) == 0 {
		return nil, fmt.Errorf("%s: no row has a code of 8 digits in the column %s", name, t.header[code])
	}
	return list, t.err
}

// caabKey is genus and species where the genus is known, else the family: families
// change more often than the names below them.
func caabKey(s annotate.Species) string {
	s = s.Normal()
	if s.Genus != "Unknown" {
		return s.Genus + " " + s.Species
	}
	return s.Family
}

// Code is the code of a taxon, "" where the list has none.
func (c CAAB) Code(s annotate.Species) string { return c[caabKey(s)] }

// Fill gives the taxon with its code, where it has none and the list does.
func (c CAAB) Fill(s annotate.Species) annotate.Species {
	if s.CAAB == "" {
		s.CAAB = c.Code(s)
	}
	return s
}
