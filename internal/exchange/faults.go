package exchange

import (
	"slices"
	"strings"
	"unicode"

	"github.com/diaspora-match/diaspora/domain"
)

// aliases are the fields of the domain that columns name otherwise.
var aliases = map[string]string{
	"window.period.from": "earliest_start", "window.period.to": "latest_end", "window.period": "latest_end", "window": "earliest_start",
	"window.min_weeks": "min_weeks", "window.max_weeks": "max_weeks",
	"host_contribution": "host_provides", "host_contribution.internet": "internet", "host_contribution.safety": "safety",
	"gender.preference": "gender_preference", "gender.reason": "gender_reason",
	"max_concurrent": "max_concurrent", "connectivity.quality": "connectivity", "connectivity.tool": "tool",
	"processing.language": "consent_language", "processing.text_hash": "consent_text",
	"preferences.modalities": "modalities", "preferences.countries": "preferred_countries", "preferences.sectors": "preferred_sectors",
	"transfer.methods": "transfer_methods", "transfer.times_trained": "times_trained", "experience.years": "years",
	"experience.sectors": "sectors", "windows": "availability", "country": "country",
}

// columnOf is the column that a field of a refusal stands in: "terms.minYears"
// is min_years, "skills[2].level" is skills[2].
func columnOf(k Kind, field string) string {
	path, index := field, ""
	if i := strings.IndexByte(path, '['); i >= 0 {
		if j := strings.IndexByte(path[i:], ']'); j > 0 {
			index, path = path[i:i+j+1], path[:i]
		}
	}
	path = snake(path)
	for _, prefix := range []string{"terms.", "profile.", "identity."} {
		path = strings.TrimPrefix(path, prefix)
	}
	switch {
	case k == Experts && path == "country":
		path = "heritage"
	case path == map[Kind]string{Needs: "need", Institutions: "institution", Experts: "expert"}[k]:
		path = "id"
	}
	if alias, ok := aliases[path]; ok {
		path = alias
	}
	if _, ok := column(k, path); !ok {
		return field
	}
	return path + index
}

// snake writes "minWeeks" as "min_weeks".
func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// merge puts what the cells and what the rules refused under the names of the
// columns. Of a column that could not be read the rules have nothing to say.
func merge(k Kind, read, judged domain.Refusals) domain.Refusals {
	var out domain.Refusals
	unread := map[string]bool{}
	for _, r := range read {
		r = r.At(columnOf(k, r.Field))
		unread[base(r.Field)] = true
		out = append(out, r)
	}
	for _, r := range judged {
		r = r.At(columnOf(k, r.Field))
		said := slices.ContainsFunc(out, func(o *domain.Refusal) bool { return *o == *r })
		if !unread[base(r.Field)] && !said {
			out = append(out, r)
		}
	}
	return out
}

// base is the column of "skills[2]".
func base(field string) string {
	name, _, _ := strings.Cut(field, "[")
	return name
}
