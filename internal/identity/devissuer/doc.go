// Package devissuer is an OpenID Connect issuer for development and
// demonstration, inside the binary: discovery, keys, the authorisation code flow
// with PKCE on a page where one picks a persona, and tokens minted for scripts.
//
// Invariants:
//   - It never serves off loopback: New refuses any other listen address, issuer
//     or redirect, and the handler answers only loopback peers that ask for a
//     loopback host name (so that a web page elsewhere cannot reach it by DNS
//     rebinding).
//   - Anybody on this machine may be any persona: there are no passwords, and
//     there is nothing to protect but demonstration data.
//   - Its tokens are ordinary: they are verified by the same path as those of a
//     production issuer.
//   - The signing key is made at the first start and kept in the data folder,
//     readable by its owner alone, so that tokens survive a restart.
package devissuer
