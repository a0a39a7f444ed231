// Package matcher judges pairs of an expert and a need, and ranks both ways.
//
// One pair: [Explain] gives a [Verdict]: the hard rules that fail, each with
// what would cure it; the parts of the score, in fixed point, which sum exactly
// to the total; which of the expert's skills covers which required one and why;
// the gaps; and counterfactuals, each of which was re-scored before it was
// said. Three tellings of the same verdict are for the expert, the host and the
// programme manager. Many pairs: an [Index] holds experts and open needs in
// memory and ranks a million experts for a need in a millisecond or two, the
// needs for an expert, and near misses; every event keeps the shortlists of the
// open needs exact.
//
// How it ranks, from file to file: an expert is a line of fixed size (line.go)
// in a block of the pool of a country (block.go), with bitmaps for what the hard
// rules ask; a need is a plan (plan.go) that scores a line (linescore.go) and
// bounds what skills can add; a search (retrieve.go) passes gates, counts,
// bounds and scores only who can still rank. The other way round, needs show
// gates (gate.go, reverse.go), and events move shortlists (live.go). Who does
// not fit in a line is odd, and judged from the whole profile; an odd need
// judges everybody so.
//
// Invariants: the same expert, need, policy and day give the same verdict, bit
// for bit, on one thread or many; a ranking never differs from judging all
// pairs with Explain, which tests prove event by event (events_test.go); no
// telling speaks of another candidate; ties are broken by a hash of the two ids
// and by nothing else.
//
// What it must not know: name, gender, age, nationality, religion, photo,
// university. They have no field here, and a test by reflection keeps it so.
// Heritage is a gate that the programme declares, never a score. Years open a
// gate too; beyond it they saturate, because a recent graduate was the right
// seed breeder (Terms of Reference TOR-002). It imports domain packages only:
// no clock, no store, no log.
package matcher
