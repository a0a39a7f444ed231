// Package clustertest holds the test of a whole platform on several machines: each
// node, the event store and Redis is a process of its own, and each is killed while
// commands come in. There is no code but the test.
package clustertest
