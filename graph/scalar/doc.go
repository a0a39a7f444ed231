// Package scalar writes and reads the scalars, enums, global ids and cursors of
// the GraphQL schema. Each pair of functions Marshal… and Unmarshal… is bound to
// a type of the domain in gqlgen.yml, so that rows of views and commands need no
// second set of types.
//
// It knows the forms only: no object, no store, no principal. What does not have
// the form is refused with a *domain.Refusal.
package scalar
