package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// Identity is who asks. The zero value is nobody.
type Identity struct {
	Principal domain.PrincipalID
	Issued    time.Time // when the token was issued, UTC
	Expires   time.Time // UTC; nothing is answered at or after it
	Session   string    // id of the sign-in at the issuer or in this browser; "" when not given
}

// IsZero reports whether nobody is signed in.
func (id Identity) IsZero() bool { return id.Principal == "" }

// principalNamespace separates principals from every other name-based UUID. It
// is part of the storage contract.
var principalNamespace = [16]byte{0x0f, 0x5a, 0x7c, 0x9e, 0x21, 0xb4, 0x4d, 0x63, 0x8e, 0x10, 0x5c, 0x92, 0xe7, 0x3b, 0x64, 0xd8}

// PrincipalFor derives the principal of a subject at an issuer (UUID version 5).
func PrincipalFor(issuer, subject string) domain.PrincipalID {
	return domain.PrincipalID(domain.DeriveID(principalNamespace, issuer+"|"+subject))
}

// The refusals of this package. Their texts say what to do and never what was
// in the token.
var (
	ErrMissing     = domain.Refuse(domain.Forbidden, "auth.missing", "Nobody is signed in.", "Sign in, or send an access token in the Authorization header.")
	ErrTooLong     = domain.Refuse(domain.Forbidden, "auth.too_long", "The access token is too long.", "Ask the identity provider for a token of at most 8 KiB.")
	ErrInvalid     = domain.Refuse(domain.Forbidden, "auth.invalid", "The access token is not valid here.", "Sign in again at the identity provider that this platform uses.")
	ErrAlgorithm   = domain.Refuse(domain.Forbidden, "auth.algorithm", "The access token is signed in a way that is not accepted.", "Let the identity provider sign with RS256, ES256 or EdDSA.")
	ErrAudience    = domain.Refuse(domain.Forbidden, "auth.audience", "The access token was made for another service.", "Ask for a token whose audience is this platform.")
	ErrParty       = domain.Refuse(domain.Forbidden, "auth.party", "The access token was given to an application that is not registered here.", "Use a registered application, or have this one registered.")
	ErrSubject     = domain.Refuse(domain.Forbidden, "auth.subject", "The access token names nobody.", "Sign in as a person or a service account.")
	ErrExpired     = domain.Refuse(domain.Forbidden, "auth.expired", "The sign-in has expired.", "Sign in again.")
	ErrNotYet      = domain.Refuse(domain.Forbidden, "auth.not_yet", "The access token is not valid yet.", "Compare the clocks of the identity provider and this platform.")
	ErrNotAccess   = domain.Refuse(domain.Forbidden, "auth.not_access", "This is not an access token.", "Send the access token, not the ID token or the refresh token.")
	ErrEnded       = domain.Refuse(domain.Forbidden, "auth.ended", "This sign-in was ended.", "Sign in again; ask an administrator if that does not help.")
	ErrUnavailable = domain.Refuse(domain.Busy, "auth.unavailable", "The identity provider does not answer.", "Try again in a moment.")
	ErrLogin       = domain.Refuse(domain.Forbidden, "auth.login", "The sign-in could not be completed.", "Start again at /login.")
	ErrCrossOrigin = domain.Refuse(domain.Forbidden, "auth.cross_origin", "The request comes from another site.", "Use the platform's own pages, or have the site's origin registered.")
)

// Authenticator finds who is asking: by a bearer token, or by the cookie of a
// browser session where Sessions is given. A bearer token goes first, and a bad
// one is refused even when a good cookie comes with it.
type Authenticator struct {
	Verifier *Verifier
	Sessions *Sessions // nil: bearer tokens alone
}

// Authenticate returns the identity of a request; ErrMissing when it carries
// neither a token nor a session, and another refusal when what it carries does
// not hold.
func (a Authenticator) Authenticate(r *http.Request) (Identity, error) {
	switch values := r.Header.Values("Authorization"); len(values) {
	case 0:
	case 1:
		return a.Bearer(r.Context(), values[0])
	default:
		return Identity{}, ErrInvalid
	}
	if a.Sessions == nil {
		return Identity{}, ErrMissing
	}
	return a.Sessions.Identity(r)
}

// Bearer returns the identity of the value of an Authorization header, or of
// the same text in a WebSocket's connection_init.
func (a Authenticator) Bearer(ctx context.Context, authorization string) (Identity, error) {
	scheme, token, ok := strings.Cut(authorization, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return Identity{}, ErrInvalid
	}
	return a.Verifier.Verify(ctx, strings.TrimLeft(token, " "))
}

// Watch tells when an identity ends before it expires; see Endings.Watch.
func (a Authenticator) Watch(id Identity) (ended <-chan struct{}, release func()) {
	return a.Verifier.endings.Watch(id)
}
