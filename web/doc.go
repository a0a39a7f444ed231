// Package web serves what a browser shows: the GraphiQL page, with its script
// and style sheet embedded, so that it works without any other network.
//
// The assets are bundled from graphiql/src by build.sh and committed; a test
// fails while they are older than their sources. It is GraphiQL 4, the newest
// with the editor CodeMirror: GraphiQL 5 with Monaco is four times as large and
// needs workers.
//
// Invariants:
//   - The page runs under the policy of edge.Pages: no inline script, no eval, no
//     request to another origin.
//   - An asset's name tells its content, so that browsers may keep it for good.
//
// It must not know the schema, except that a test holds the page's example
// operations against it, nor who is signed in.
package web
