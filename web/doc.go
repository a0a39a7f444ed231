// Package web serves what a browser shows: the GraphiQL page, with its script
// and style sheet embedded, so that it works without any other network.
//
// The assets are bundled from graphiql/src by build.sh and committed; a test
// fails while they are older than their sources. GraphiQL 4 is the newest whose
// editor needs neither workers nor megabytes; see docs of build.mjs's packages
// in package.json.
//
// Invariants:
//   - The page runs under the policy of edge.Pages: no inline script, no eval, no
//     request to another origin.
//   - An asset's name tells its content, so that browsers may keep it for good.
//
// It must not know the schema, except that a test holds the page's example
// operations against it, nor who is signed in.
package web
