package domain

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"
)

// Ids are UUIDs in canonical lower-case text. Ids of people are random (version
// 4) so that they tell nothing; ids of other objects are version 7, so that
// they sort by creation. Ids arrive with a command: nothing here makes one by
// chance.
type (
	ProgrammeID   string
	ExpertID      string
	InstitutionID string
	UnitID        string
	NeedID        string
	CandidacyID   string
	AssignmentID  string
	// RoundID names a proposal of placements for a whole programme.
	RoundID string
	// RankingID names what one decider was shown for one need, and ShownID one
	// list of that.
	RankingID string
	ShownID   string
	// ConsentID names one consent that an expert gave: a sharing names the
	// consent that it rests on.
	ConsentID string
	// ContactID names a person at a host institution; it is the subject of the
	// personal text about that person.
	ContactID string
	// PlanItemID names an item of an institution's development plan, LinkageID
	// its tie with an institution in the Netherlands.
	PlanItemID string
	LinkageID  string
	// GrantID is derived from what is granted, to whom and over what.
	GrantID string
	// PrincipalID names who signed in: a UUID derived from issuer and subject.
	PrincipalID string
	// CommandID makes a command idempotent: the same id never acts twice.
	CommandID string
)

// candidacyNamespace separates derived candidacy ids from every other
// name-based UUID. It is part of the storage contract.
var candidacyNamespace = [16]byte{0x6b, 0x1d, 0x0c, 0x5e, 0x3a, 0x52, 0x4f, 0x0e, 0x9c, 0x41, 0x8a, 0x77, 0xd1, 0x5c, 0x20, 0x01}

// CandidacyIDFor derives the id of the candidacy of an expert for a need
// (UUID version 5), so that applying twice is the same candidacy.
func CandidacyIDFor(need NeedID, expert ExpertID) CandidacyID {
	return CandidacyID(DeriveID(candidacyNamespace, string(need)+"|"+string(expert)))
}

// assignmentNamespace separates derived assignment ids. It is part of the
// storage contract.
var assignmentNamespace = [16]byte{0x6b, 0x1d, 0x0c, 0x5e, 0x3a, 0x52, 0x4f, 0x0e, 0x9c, 0x41, 0x8a, 0x77, 0xd1, 0x5c, 0x20, 0x02}

// AssignmentIDFor derives the id of the assignment that an accepted offer leads
// to (UUID version 5), so that planning it twice plans it once.
func AssignmentIDFor(candidacy CandidacyID) AssignmentID {
	return AssignmentID(DeriveID(assignmentNamespace, string(candidacy)))
}

// rankingNamespace separates derived ids of what deciders were shown. It is part
// of the storage contract.
var rankingNamespace = [16]byte{0x6b, 0x1d, 0x0c, 0x5e, 0x3a, 0x52, 0x4f, 0x0e, 0x9c, 0x41, 0x8a, 0x77, 0xd1, 0x5c, 0x20, 0x03}

// RankingIDFor derives the id of what a decider was shown for a need (UUID
// version 5): one stream for the two, however often they look.
func RankingIDFor(need NeedID, decider PrincipalID) RankingID {
	return RankingID(DeriveID(rankingNamespace, string(need)+"|"+string(decider)))
}

// ShownIDFor derives the id of the nth list of a ranking, from 1.
func ShownIDFor(ranking RankingID, n int) ShownID {
	return ShownID(DeriveID(rankingNamespace, string(ranking)+"|"+strconv.Itoa(n)))
}

// DeriveID is the name-based UUID version 5 of RFC 9562 section 5.5.
func DeriveID(namespace [16]byte, name string) string {
	h := sha1.New()
	h.Write(namespace[:])
	h.Write([]byte(name))
	var u [16]byte
	copy(u[:], h.Sum(nil))
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return FormatUUID(u)
}

// FormatUUID writes the canonical text of a UUID.
func FormatUUID(u [16]byte) string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// ValidID reports whether s is a UUID in canonical lower-case text.
func ValidID[T ~string](s T) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < 36; i++ {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
