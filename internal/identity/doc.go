// Package identity says who is asking: it verifies bearer access tokens of any
// OpenID Connect issuer, keeps browser sessions on the server, and signs
// browsers in by the authorization code flow with PKCE.
//
// Invariants:
//   - A token passes only when its algorithm, signature, issuer, audience,
//     authorised party, subject, times and kind are right; ID tokens never pass
//     for access tokens. The rules that go-oidc does not check are checked here.
//   - An identity is a derived id and nothing else of the person: no name, no
//     address, no claim leaves this package.
//   - What was ended (a session, or all of a principal's) is refused on the next
//     request and told to every watcher at once; when the memory of endings is
//     full, everybody signs in again rather than anybody being forgotten.
//   - Every failure is a *domain.Refusal with a code "auth.…". It tells the
//     caller nothing about the keys, the claims or the issuer's answer.
//
// It must not know what a principal may do: grants are events of the platform,
// decided elsewhere. The development issuer is in devissuer.
package identity
