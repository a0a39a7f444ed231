// Package cluster is what the processes of one platform agree on in Redis: who does
// the work that one alone may do, how far each process of the domain has come, and
// how much each caller has asked for.
//
// Invariants:
//   - Who holds a name writes under an epoch that nobody had before and a token that
//     nobody else has. Whoever lost the name is refused by that token, however late
//     its write arrives.
//   - A holder that is cut off from Redis stops by itself before its time is over.
//   - What Redis loses here is harmless: a lost lease is taken anew, a lost place lets
//     a process begin earlier and do nothing twice, a lost count lets callers ask more.
//
// Keys lie in one slot of a cluster, under the hash tag that the views have:
// {diaspora:<namespace>}:lease:<name>, :epoch:<name>, :place:<group>, :rate:<caller>.
// Nothing personal is in them: names are the program's, callers are random ids.
package cluster
