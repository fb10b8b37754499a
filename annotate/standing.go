package annotate

import "strings"

// StatusKey is where the Extra of a Track, a Mark or a Sighting that comes out of a count of Requin's says
// how far it may be trusted, in the words of Verification.Status: machine where nobody looked at it.
const StatusKey = "requin.status"

// CountOrigin begins the Origin.From of what came out of a count of Requin's; the run's id follows.
const CountOrigin = "requin count, run "

// The statuses, as package count calls them, of what nobody looked at and of what people stand behind.
const (
	machine   = "machine"
	reviewed  = "reviewed"
	certified = "certified"
)

// StatusOf is the status of a Track, a Mark or a Sighting: what its Extra says, else machine where its origin
// is a count of Requin's; "" where people or another program made it.
func StatusOf(extra Extra, origin Origin) string {
	if status := extra[StatusKey]; status != "" {
		return status
	}
	if strings.HasPrefix(origin.From, CountOrigin) {
		return machine
	}
	return ""
}

// Unlooked tells that a machine stated it and nobody looked: such a record is no truth.
func Unlooked(record Record) bool {
	switch r := record.(type) {
	case Track:
		return StatusOf(r.Extra, r.Origin) == machine
	case Mark:
		return StatusOf(r.Extra, r.Origin) == machine
	case Sighting:
		return StatusOf(r.Extra, r.Origin) == machine
	case Count:
		return r.Verified != nil && r.Verified.Status == machine
	}
	return false
}
