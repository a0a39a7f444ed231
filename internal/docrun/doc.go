// Package docrun reads the examples of the docs and runs them against a served
// platform, so that no page shows what does not work. An example is three fenced
// blocks in a row, the last two as needed:
//
//	```graphql host_officer       an operation, and the persona who sends it
//	```json variables             its variables
//	```json answer                what the answer must hold
//
// A subscription is opened by "graphql host_officer live" and stays open, by its
// persona; "json event host_officer" waits until an event of it holds what it
// says, and passes over the others.
//
// The answer names the fields that matter: other fields, and further items of a
// list, may be there. In variables and answers, a text "$name" stands for a
// value: the first answer that has it gives it, later ones must repeat it and
// variables send it. "$today+30" is the day thirty days from now. "…" is any
// value but null.
package docrun
