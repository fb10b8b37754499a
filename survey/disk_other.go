//go:build !linux

package survey

// networked cannot tell; where SQLite finds that a disk lacks what it needs, chooseJournal copes.
func networked(string) bool { return false }
