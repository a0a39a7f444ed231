// Package matcher judges pairs of an expert and a need, and ranks both ways.
//
// One pair: [Explain] gives a [Verdict]: the hard rules that fail, each with
// what would cure it; the parts of the score, in fixed point, which sum exactly
// to the total; which of the expert's skills covers which required one and why;
// the gaps; and counterfactuals, each of which was re-scored before it was
// said. Three tellings of the same verdict are for the expert, the host and the
// programme manager. Many pairs: an [Index] holds experts and open needs in
// memory and scans them.
//
// Invariants: the same expert, need, policy and day give the same verdict, bit
// for bit, on one thread or many; the scan and Explain run the same code and
// never disagree; no telling speaks of another candidate; ties are broken by a
// hash of the two ids and by nothing else.
//
// What it must not know: name, gender, age, nationality, religion, photo,
// university. They have no field here, and a test by reflection keeps it so.
// Heritage is a gate that the programme declares, never a score. Years open a
// gate too; beyond it they saturate, because a recent graduate was the right
// seed breeder (Terms of Reference TOR-002). It imports domain packages only:
// no clock, no store, no log.
package matcher
