// Package rounds measures the solver of rounds with its peers beside it in the
// same run, turn by turn: SciPy's linear_sum_assignment on dense tables, LEMON's
// NetworkSimplex on sparse rounds. Peers get the same problem and have to reach
// the same total. Their time is that of the call alone; ours includes laying the
// problem out and checking the certificate.
//
// Peers come from Debian: g++, liblemon-dev, python3-scipy. A missing one is an
// error that says so.
package rounds
