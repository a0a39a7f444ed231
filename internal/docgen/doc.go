// Docgen writes the generated parts of docs/: the state diagrams, the table of
// bounds, the table of rooms and the list of refusals. Each is read from the
// code, so that the pages cannot tell anything else. A generated part stands
// between two comments in its page; the prose around it is written by hand.
//
//	go run ./internal/docgen          writes what changed
//	go run ./internal/docgen -check   fails when something would change
package main

//go:generate go run .
