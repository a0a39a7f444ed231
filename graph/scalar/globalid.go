package scalar

import (
	"encoding/base64"
	"io"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
)

// The types that have a global id, as they stand in the schema and in the id.
const (
	TypeProgramme   = "Programme"
	TypeExpert      = "Expert"
	TypeInstitution = "Institution"
	TypeNeed        = "Need"
	TypePublished   = "PublishedNeed" // the public text of a need, under the need's UUID
	TypeCandidacy   = "Candidacy"
	TypeAssignment  = "Assignment"
	TypeRound       = "Round"
)

// GlobalID names an object of any type (Relay's Node): base64url of
// "Type:uuid". Clients treat it as opaque.
type GlobalID struct {
	Type string
	UUID string
}

// maxGlobalID bounds the text of an id before it is decoded.
const maxGlobalID = 96

func (g GlobalID) String() string {
	var raw [maxGlobalID]byte
	b := append(raw[:0], g.Type...)
	b = append(b, ':')
	b = append(b, g.UUID...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseID reads a global id of any type; ErrFormat for anything else.
func ParseID(s string) (GlobalID, error) {
	if len(s) <= maxGlobalID {
		if b, err := base64.RawURLEncoding.DecodeString(s); err == nil {
			if t, id, ok := strings.Cut(string(b), ":"); ok && t != "" && domain.ValidID(id) {
				return GlobalID{t, id}, nil
			}
		}
	}
	return GlobalID{}, domain.ErrFormat.With("This is not an id of an object; take it from a field 'id'.")
}

// MarshalGlobalID writes an id of any type.
func MarshalGlobalID(g GlobalID) graphql.Marshaler { return globalID(g.Type, g.UUID) }

// UnmarshalGlobalID reads an id of any type.
func UnmarshalGlobalID(v any) (GlobalID, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return GlobalID{}, err
	}
	return ParseID(s)
}

func globalID(typeName, uuid string) graphql.Marshaler {
	if uuid == "" {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) {
		var raw, out [2 * maxGlobalID]byte
		b := append(append(append(raw[:0], typeName...), ':'), uuid...)
		o := append(out[:0], '"')
		o = base64.RawURLEncoding.AppendEncode(o, b)
		_, _ = w.Write(append(o, '"'))
	})
}

func parseTyped[T ~string](typeName string, v any) (T, error) {
	g, err := UnmarshalGlobalID(v)
	if err != nil || v == nil {
		return "", err
	}
	if g.Type != typeName {
		return "", domain.ErrFormat.With("This is the id of another kind of object; an id of type " + typeName + " is needed here.")
	}
	return T(g.UUID), nil
}

// MarshalProgrammeID writes the global id of a programme.
func MarshalProgrammeID(id domain.ProgrammeID) graphql.Marshaler {
	return globalID(TypeProgramme, string(id))
}

// UnmarshalProgrammeID reads the global id of a programme.
func UnmarshalProgrammeID(v any) (domain.ProgrammeID, error) {
	return parseTyped[domain.ProgrammeID](TypeProgramme, v)
}

// MarshalExpertID writes the global id of an expert.
func MarshalExpertID(id domain.ExpertID) graphql.Marshaler { return globalID(TypeExpert, string(id)) }

// UnmarshalExpertID reads the global id of an expert.
func UnmarshalExpertID(v any) (domain.ExpertID, error) {
	return parseTyped[domain.ExpertID](TypeExpert, v)
}

// MarshalInstitutionID writes the global id of an institution.
func MarshalInstitutionID(id domain.InstitutionID) graphql.Marshaler {
	return globalID(TypeInstitution, string(id))
}

// UnmarshalInstitutionID reads the global id of an institution.
func UnmarshalInstitutionID(v any) (domain.InstitutionID, error) {
	return parseTyped[domain.InstitutionID](TypeInstitution, v)
}

// MarshalNeedID writes the global id of a need.
func MarshalNeedID(id domain.NeedID) graphql.Marshaler { return globalID(TypeNeed, string(id)) }

// UnmarshalNeedID reads the global id of a need, or of its public text.
func UnmarshalNeedID(v any) (domain.NeedID, error) {
	g, err := UnmarshalGlobalID(v)
	if err == nil && g.Type == TypePublished {
		return domain.NeedID(g.UUID), nil
	}
	return parseTyped[domain.NeedID](TypeNeed, v)
}

// PublishedID is the id of a need as the id of its public text.
type PublishedID domain.NeedID

// MarshalPublishedID writes the global id of the public text of a need.
func MarshalPublishedID(id PublishedID) graphql.Marshaler { return globalID(TypePublished, string(id)) }

// UnmarshalPublishedID reads the global id of the public text of a need.
func UnmarshalPublishedID(v any) (PublishedID, error) {
	id, err := UnmarshalNeedID(v)
	return PublishedID(id), err
}

// MarshalCandidacyID writes the global id of a candidacy.
func MarshalCandidacyID(id domain.CandidacyID) graphql.Marshaler {
	return globalID(TypeCandidacy, string(id))
}

// UnmarshalCandidacyID reads the global id of a candidacy.
func UnmarshalCandidacyID(v any) (domain.CandidacyID, error) {
	return parseTyped[domain.CandidacyID](TypeCandidacy, v)
}

// MarshalAssignmentID writes the global id of an assignment.
func MarshalAssignmentID(id domain.AssignmentID) graphql.Marshaler {
	return globalID(TypeAssignment, string(id))
}

// UnmarshalAssignmentID reads the global id of an assignment.
func UnmarshalAssignmentID(v any) (domain.AssignmentID, error) {
	return parseTyped[domain.AssignmentID](TypeAssignment, v)
}

// MarshalRoundID writes the global id of a round.
func MarshalRoundID(id domain.RoundID) graphql.Marshaler { return globalID(TypeRound, string(id)) }

// UnmarshalRoundID reads the global id of a round.
func UnmarshalRoundID(v any) (domain.RoundID, error) { return parseTyped[domain.RoundID](TypeRound, v) }

// Of takes the UUID of a global id of one of the types; false for another type,
// which names no such object.
func Of[T ~string](g GlobalID, types ...string) (T, bool) {
	return T(g.UUID), slices.Contains(types, g.Type)
}
