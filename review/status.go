package review

import "requin/count"

// Statuses says how far the number of each taxon may be trusted, as a log leaves it. disputed tells in which something is contradicted
// (State.Disputed), certified of which the chance of a greater MaxN is under the limit.
//
//	machine    nobody spoke of it
//	disputed   two readers contradict each other (Disputes): no certificate holds until it is settled
//	certified  people did, and nothing that is left to look at can change MaxN
//	reviewed   people did, and something can
func Statuses(log []Verdict, taxa []string, disputed, certified func(taxon string) bool) map[string]count.Status {
	spoken := spokenOf(log)
	out := map[string]count.Status{}
	for _, name := range taxa {
		switch {
		case !spoken[name]:
			out[name] = count.Machine
		case disputed(name):
			out[name] = count.Disputed
		case certified(name):
			out[name] = count.Certified
		default:
			out[name] = count.Reviewed
		}
	}
	return out
}
