// Package edge stands between the network and GraphQL. It speaks GraphQL over
// HTTP, Server-Sent Events and WebSocket (graphql-transport-ws), and lets
// through what is well formed, affordable and signed in.
//
// Invariants:
//   - Malformed input is never echoed; an internal message never leaves. Every
//     error carries a stable code and the request's correlation id.
//   - What an operation may cost is bounded before it is validated (tokens,
//     depth, aliases, directives, fields with fragments spread out), before it is
//     executed (complexity), while it runs (time), and per principal (rate,
//     concurrency, connections).
//   - A subscription ends when its sign-in expires or is ended.
//   - Logs hold no query text, no variables and nothing personal.
//
// It must not know the schema, the domain's commands or who may do what: it
// hands the identity to the resolvers in the context.
package edge
