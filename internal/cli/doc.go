// Package cli is the command line of the platform: it reads flags, environment
// and configuration, runs one command over the other rooms, and turns what
// happened into text or JSON and an exit code. cmd/diaspora is a call of Run.
//
// Exit codes are part of the contract with scripts:
//
//	0  done
//	1  a fault: the machine, the disk or the program
//	2  usage: a flag, an argument or the configuration
//	3  refused: the input, or what it asks for
//	4  verification failed: the log, its events or its views do not hold
//	5  busy: the data folder or a port is in use, or the event store is away
//	130  stopped by a signal before it was done; a server that is stopped ends with 0
//
// Results go to stdout; progress, notes and errors go to stderr. With --json both
// are JSON. A value comes from its flag, else from the environment variable
// DIASPORA_<FLAG>, else from the file that --config names, else from its default.
//
// No rule of the domain is here. Nothing personal is printed.
package cli
