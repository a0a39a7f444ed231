// Package access is the aggregate of what one principal may do: the grants of
// roles over scopes, with their ends, and the end of all sessions. Who somebody
// is comes from sign-in; what they may do is events here, so that revoking is an
// event too.
//
// Invariants: nobody grants to themselves; a grant's id is derived from
// principal, role and scope, so that granting twice is the same grant; roles
// with reach over other people end on a day.
//
// It knows nothing of tokens and sessions themselves, and no personal data.
package access
