// Package sim is a world in which everything goes wrong in an order that a seed
// chose: the real bus, processes, views, keys and deciders over a log in memory,
// with one scheduler in the place of the operating system, the network and the
// clock. It has no code but its tests; this page says what they promise.
//
// A step of the world is a move: somebody sends a command, a process gets its
// next event, a view folds a batch, an append is carried out or its answer is
// lost, a node dies, views lose their last batches, the clock jumps, a person asks
// to be erased. Whatever runs on a node runs until its next append, or until it
// waits for views, and stands there until the scheduler lets it go on; so any two
// of them meet between any two of their steps. After each move the log is held to
// what always holds; after the last one, everything gets the time to come to rest,
// and the rest is held to what must be true then.
//
// Only what the ports allow goes wrong. A subscription delivers in the order of
// positions, at least once, again from any earlier position after a crash, and
// never beyond the log; each node reads for each process from a position of its
// own, and one of them holds the claim at a time. An append with an unknown outcome was stored, was not stored, or is
// stored later. Views may lose the batches that they took last, each whole with
// its checkpoint, and may be behind for as long as they like.
//
// A story is told again by its seed:
//
//	go test ./internal/sim -run TestSeeds -seed 42 -v
//	go test ./internal/sim -run TestSeeds -seeds 5000 -timeout 30m
//
// With -overlap two readers of one process are at work at once, as a claim that
// was not kept would let them: more than is promised, and what it finds is what a
// fencing of claims would be for.
package sim
