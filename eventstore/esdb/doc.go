// Package esdb is the engine of the event store for more than one machine: it
// keeps the log in EventStoreDB, or in whatever speaks its protocol, through the
// client library EventStore-Client-Go v4.2.0.
//
// That library is frozen, and it has defects that a platform meets on its first
// bad day: one failed discovery closes it for ever, calls hang past their
// context, each reconnection leaks a connection, a dropped subscription finds no
// other node. The adapter survives them by never letting the library recover by
// itself: a client of the library is made, tried, used, and after the first sign
// of trouble given up for another one (see link). docs/adr tells why, defect by
// defect.
//
// What always holds:
//   - a call ends when its context ends, and otherwise within Options.Patience;
//   - an append is repeated only where a repetition is harmless: its events have
//     their ids, and the expected revision is exact;
//   - a read ends whole or with an error. One that breaks off is taken up again
//     after the last event that it has yielded;
//   - a subscription goes on after the last event that it has received. Its
//     Through moves by events and by the server's word that it has caught up with
//     a head that was read before; a checkpoint of the server never moves it;
//   - goroutines and connections do not grow with the restarts of a server.
//
// Two things the adapter cannot survive, because the library ends the process: an
// event whose "created" is not a number (log.Fatalf), and exhausted memory.
//
// Positions are commit positions of the log: ordered, not dense. System streams
// are left out of what is read. The package knows nothing of what events mean.
package esdb
