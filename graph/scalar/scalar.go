package scalar

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore"
)

// raw is JSON that is ready to be written.
type raw string

func (r raw) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, string(r)) }

// plain writes a text that needs no escaping; the empty text is null.
func plain(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	return raw(`"` + s + `"`)
}

// text reads a text. Null is the empty text: the schema has refused it already
// where a value is required.
func text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case nil:
		return "", nil
	}
	return "", domain.ErrFormat.With("A text is expected here.")
}

// form reads a text type of the domain that knows its own form.
func form[T interface {
	~string
	Valid() bool
}](v any, like string) (T, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return "", err
	}
	if t := T(s); t.Valid() {
		return t, nil
	}
	return "", domain.ErrFormat.With("A value like " + like + " is expected here.")
}

// MarshalString writes a text; the empty text is null. A field of type String!
// is one that is never empty.
func MarshalString(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	return graphql.MarshalString(s)
}

// UnmarshalString reads a text.
func UnmarshalString(v any) (string, error) { return text(v) }

// MarshalRuleName and UnmarshalRuleName write and read the name of a rule of
// eligibility.
func MarshalRuleName(r expert.Rule) graphql.Marshaler { return MarshalString(string(r)) }
func UnmarshalRuleName(v any) (expert.Rule, error) {
	s, err := text(v)
	return expert.Rule(s), err
}

// MarshalDate writes "2026-11-22"; no date is null.
func MarshalDate(d domain.Date) graphql.Marshaler { return plain(d.String()) }

// UnmarshalDate reads "2026-11-22".
func UnmarshalDate(v any) (domain.Date, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return 0, err
	}
	if s == "" {
		return 0, domain.ErrFormat.With("A date like 2026-11-22 is expected here.")
	}
	return domain.ParseDate(s)
}

// MarshalDateTime writes RFC 3339 in UTC with milliseconds; no time is null.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return plain(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// UnmarshalDateTime reads RFC 3339 and returns UTC.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, domain.ErrFormat.With("A moment like 2026-11-22T09:30:00Z is expected here.")
	}
	return t.UTC(), nil
}

// MarshalLanguageTag writes a BCP 47 tag.
func MarshalLanguageTag(l domain.Language) graphql.Marshaler { return plain(string(l)) }

// UnmarshalLanguageTag reads a BCP 47 tag.
func UnmarshalLanguageTag(v any) (domain.Language, error) { return form[domain.Language](v, "ckb") }

// MarshalCountryCode writes an ISO 3166-1 code.
func MarshalCountryCode(c domain.Country) graphql.Marshaler { return plain(string(c)) }

// UnmarshalCountryCode reads an ISO 3166-1 code.
func UnmarshalCountryCode(v any) (domain.Country, error) { return form[domain.Country](v, "SO") }

// MarshalAreaCode writes an ISO 3166-2 code.
func MarshalAreaCode(a domain.Area) graphql.Marshaler { return plain(string(a)) }

// UnmarshalAreaCode reads an ISO 3166-2 code.
func UnmarshalAreaCode(v any) (domain.Area, error) { return form[domain.Area](v, "SO-WO") }

// MarshalISCO writes an ISCO-08 code.
func MarshalISCO(o domain.ISCO) graphql.Marshaler { return plain(string(o)) }

// UnmarshalISCO reads an ISCO-08 code.
func UnmarshalISCO(v any) (domain.ISCO, error) { return form[domain.ISCO](v, "2221") }

// MarshalISCEDField writes an ISCED-F code.
func MarshalISCEDField(f domain.ISCEDField) graphql.Marshaler { return plain(string(f)) }

// UnmarshalISCEDField reads an ISCED-F code.
func UnmarshalISCEDField(v any) (domain.ISCEDField, error) { return form[domain.ISCEDField](v, "0913") }

// MarshalCRS writes an OECD DAC purpose code.
func MarshalCRS(c domain.CRS) graphql.Marshaler { return plain(string(c)) }

// UnmarshalCRS reads an OECD DAC purpose code.
func UnmarshalCRS(v any) (domain.CRS, error) { return form[domain.CRS](v, "12220") }

// MarshalSkillCode writes a skill of the taxonomy.
func MarshalSkillCode(s domain.Skill) graphql.Marshaler { return plain(string(s)) }

// maxSkillCode bounds the text of a skill id.
const maxSkillCode = 100

// UnmarshalSkillCode reads a skill of the taxonomy; whether it exists, the
// domain says.
func UnmarshalSkillCode(v any) (domain.Skill, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return "", err
	}
	if s == "" || len(s) > maxSkillCode || strings.ContainsFunc(s, notSkill) {
		return "", domain.ErrFormat.With("A skill id like health.midwifery is expected here.")
	}
	return domain.Skill(s), nil
}

func notSkill(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}

// MarshalEducationLevel writes an ISCED 2011 level.
func MarshalEducationLevel(l domain.ISCED) graphql.Marshaler { return graphql.MarshalUint8(uint8(l)) }

// UnmarshalEducationLevel reads an ISCED 2011 level, 0 to 8.
func UnmarshalEducationLevel(v any) (domain.ISCED, error) {
	if v == nil {
		return 0, nil
	}
	n, err := graphql.UnmarshalUint8(v)
	if err != nil || !domain.ISCED(n).Valid() {
		return 0, domain.ErrRange.With("An education level is a whole number from 0 to 8.")
	}
	return domain.ISCED(n), nil
}

// MarshalScore writes a fixed-point score as a number with four decimals.
func MarshalScore(s domain.Score) graphql.Marshaler { return raw(s.String()) }

// UnmarshalScore reads a number with at most four decimals.
func UnmarshalScore(v any) (domain.Score, error) {
	var f float64
	var err error
	switch n := v.(type) {
	case nil:
	case json.Number:
		f, err = n.Float64()
	case float64:
		f = n
	case int64:
		f = float64(n)
	case int:
		f = float64(n)
	default:
		err = domain.ErrFormat
	}
	scaled := f * float64(domain.One)
	if err != nil || math.Abs(scaled) > math.MaxInt32 || math.Abs(scaled-math.Round(scaled)) > 1e-6 {
		return 0, domain.ErrFormat.With("A number with at most four decimals, like 0.7312, is expected here.")
	}
	return domain.Score(math.Round(scaled)), nil
}

// MarshalPosition writes a position of the log as a text: it may exceed what a
// client's numbers hold.
func MarshalPosition(p eventstore.Position) graphql.Marshaler {
	return raw(`"` + strconv.FormatUint(uint64(p), 10) + `"`)
}

// UnmarshalPosition reads a position of the log.
func UnmarshalPosition(v any) (eventstore.Position, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, domain.ErrFormat.With("A position is the text that a field 'position' gave.")
	}
	return eventstore.Position(n), nil
}

// MarshalCommandID writes a command's id.
func MarshalCommandID(id domain.CommandID) graphql.Marshaler { return plain(string(id)) }

// UnmarshalCommandID reads a UUID, in small letters.
func UnmarshalCommandID(v any) (domain.CommandID, error) {
	return uuid[domain.CommandID](v)
}

// MarshalPrincipalID writes the id of who signed in.
func MarshalPrincipalID(id domain.PrincipalID) graphql.Marshaler { return plain(string(id)) }

// UnmarshalPrincipalID reads the id of who signed in.
func UnmarshalPrincipalID(v any) (domain.PrincipalID, error) {
	return uuid[domain.PrincipalID](v)
}

// MarshalUUID and UnmarshalUUID write and read a UUID of no special kind; the
// pairs below are the same for ids within an object.
func MarshalUUID(s string) graphql.Marshaler { return plain(s) }
func UnmarshalUUID(v any) (string, error)    { return uuid[string](v) }

func MarshalUnitID(id domain.UnitID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalUnitID(v any) (domain.UnitID, error)     { return uuid[domain.UnitID](v) }

func MarshalContactID(id domain.ContactID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalContactID(v any) (domain.ContactID, error)     { return uuid[domain.ContactID](v) }

func MarshalPlanItemID(id domain.PlanItemID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalPlanItemID(v any) (domain.PlanItemID, error)     { return uuid[domain.PlanItemID](v) }

func MarshalLinkageID(id domain.LinkageID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalLinkageID(v any) (domain.LinkageID, error)     { return uuid[domain.LinkageID](v) }

func MarshalConsentID(id domain.ConsentID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalConsentID(v any) (domain.ConsentID, error)     { return uuid[domain.ConsentID](v) }

func MarshalGrantID(id domain.GrantID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalGrantID(v any) (domain.GrantID, error)     { return uuid[domain.GrantID](v) }

func MarshalActivityID(id assignment.ActivityID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalActivityID(v any) (assignment.ActivityID, error) {
	return uuid[assignment.ActivityID](v)
}

func uuid[T ~string](v any) (T, error) {
	s, err := text(v)
	if err != nil || v == nil {
		return "", err
	}
	if !domain.ValidID(s) {
		return "", domain.ErrFormat.With("A UUID like 3f0c9c1e-… in small letters is expected here.")
	}
	return T(s), nil
}
