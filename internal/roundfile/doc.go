// Package roundfile runs a round from a file, without the platform, so that
// others can use the solver and judge it.
//
// JSON, read as a stream, keys in any order:
//
//	{"experts": 3, "expert_capacity": 1, "seats": [1, 2],
//	 "edges": [[0, 0, 8100], [1, 0, 7500], [2, 1, 6000]]}
//
// Experts and needs are counted from 0. expert_capacity is one number for all or
// a list, 1 when it is missing. An edge is expert, need and score, an integer of
// 32 bits; a pair without an edge is forbidden. A fourth number is how the expert
// ranks the need, for the stable plan; then every edge has it. Also understood:
// "mode" (best, stable or fairest), "seed", "locks" and "vetoes" (lists of
// [expert, need]), "groups" (lists of {"name", "side": "needs" or "experts",
// "members", "lower", "upper"}).
//
// CSV, with the header kind,expert,need,value: rows of the kinds expert (value is
// the capacity), need (value is the seats), edge (value is the score), lock and
// veto. Experts and needs that have no row of their own have a capacity of 1.
//
// The answer is one JSON object: {"mode", "total", "assigned": [[expert, need,
// score], …], "unfilled_seats", "certificate": {"dual", "gap", "valid"}, "plans":
// {"greedy", "stable", "best"}, "seconds": {"read", "solve", "certify"}}; on wish
// with the prices that prove it. docs/rounds.md tells all of it to users.
//
// Bad input is a *domain.Refusal that names the line and the field. It knows
// nothing of people, stores or the platform.
package roundfile
