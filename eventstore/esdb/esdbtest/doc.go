// Package esdbtest is a server that speaks the gRPC protocol of EventStoreDB over
// a store of ours, within the process of a test and on a real TCP port of
// loopback. It exists so that the adapter, and whatever is built on it, can be
// tried against a server that fails in every way that a server fails: it stops,
// restarts on its port, drops and resets connections, stalls, is slow, dies in
// the middle of a read, refuses, follows another leader.
//
// It is a faithful subset: append, read of a stream and of $all both ways,
// subscriptions to a stream and to $all with filters, soft deletion and
// tombstones, stream metadata as far as truncation and age go, server features
// and gossip. There are no persistent subscriptions, no projections, no ACLs and no
// links.
//
// Positions on the wire are those of the store times 64: ordered, opaque, not
// dense, as a client must take them. What the store's names cannot carry (system
// streams, names without a dash) stands there under the category "wire".
package esdbtest
