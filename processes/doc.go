// Package processes holds what reacts to events: a Watermill router fed by the
// event store, and one file a process. A process decodes an event, asks for a
// command, and acknowledges; its command ids derive from the event, so that a
// process which is killed between any two steps resumes to the same outcome.
//
// Processes decide nothing: they send commands, and aggregates decide. A process
// that needs to know many objects asks a view that has reached the event's
// position; one that needs to know one object sends a command and heeds its
// answer.
package processes
