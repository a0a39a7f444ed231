// Package graph serves the platform as GraphQL: three thin resolvers over the
// command bus, the views and the matcher. The schema stands in graph/schema, the
// objects of it in graph/model, the generated executable schema in graph/exec.
//
// Invariants:
//   - Every field that reveals an object has a rule, written in the schema and
//     claimed by the code that guards it.
//   - A mutation is one command. Its answer is a payload, or Refused with every
//     reason; errors are for faults alone.
//   - A mutation answers when the views have reached it, or after a bounded
//     wait.
//
// It decides nothing, keeps nothing, and does not know how requests come in:
// that is internal/edge.
package graph

//go:generate go -C .. tool gqlgen generate
//go:generate go run ./lean
