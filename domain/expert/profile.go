package expert

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// decided is what most declarations come to: the refusals, nothing when it is
// already so, or the one event.
func decided(checks *domain.Checks, already bool, e Event) ([]Event, error) {
	if err := checks.Err(); err != nil || already {
		return nil, err
	}
	return []Event{e}, nil
}

func (s State) declareIdentity(c DeclareIdentity) ([]Event, error) {
	i := c.Identity
	var checks domain.Checks
	checks.Require(!i.Name.IsZero(), domain.ErrRequired.At("identity.name"))
	personal.Check(&checks, "identity.name", i.Name, s.ID, MaxIdentityBytes)
	personal.CheckEmail(&checks, "identity.email", i.Email, s.ID, MaxIdentityBytes)
	personal.Check(&checks, "identity.phone", i.Phone, s.ID, MaxIdentityBytes)
	personal.Check(&checks, "identity.gender", i.Gender, s.ID, MaxIdentityBytes)
	personal.Check(&checks, "identity.birthYear", i.BirthYear, s.ID, MaxIdentityBytes)
	checkBirthYear(&checks, i.BirthYear, c.Today())
	already := s.Declared.Has(PartIdentity) && i.Name.Equal(s.Identity.Name) && i.Email.Equal(s.Identity.Email) &&
		i.Phone.Equal(s.Identity.Phone) && i.BirthYear.Equal(s.Identity.BirthYear) && i.Gender.Equal(s.Identity.Gender)
	return decided(&checks, already, IdentityDeclared{i})
}

func checkBirthYear(checks *domain.Checks, t personal.Text, today domain.Date) {
	text, err := personal.Open(t, personal.ToCompare)
	if err != nil || text == "" {
		return // personal.Check has told what is wrong with it
	}
	year, err := strconv.Atoi(text)
	age := today.Time().Year() - year
	if err != nil || len(text) != 4 {
		checks.Require(false, domain.ErrFormat.At("identity.birthYear"))
		return
	}
	checks.Require(MinAge <= age && age <= MaxAge, domain.ErrRange.At("identity.birthYear"))
}

func (s State) declareMotivation(c DeclareMotivation) ([]Event, error) {
	var checks domain.Checks
	checks.Require(!c.Motivation.IsZero(), domain.ErrRequired.At("motivation"))
	personal.Check(&checks, "motivation", c.Motivation, s.ID, MaxMotivationBytes)
	return decided(&checks, c.Motivation.Equal(s.Motivation), MotivationDeclared{c.Motivation})
}

func (s State) declareCV(c DeclareCV) ([]Event, error) {
	var checks domain.Checks
	checks.Require(!c.CV.IsZero(), domain.ErrRequired.At("cv"))
	personal.Check(&checks, "cv", c.CV, s.ID, MaxCVBytes)
	return decided(&checks, c.CV.Equal(s.CV), CVDeclared{c.CV})
}

func (s State) declareSkills(c DeclareSkills) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Skills) > 0, domain.ErrRequired.At("skills"))
	var changed []domain.SkillClaim
	total := len(s.Skills)
	for i, claim := range c.Skills {
		at := domain.Index("skills", i)
		checks.Require(validSkill(claim.Skill), domain.ErrFormat.At(at+".skill"))
		checks.Require(claim.Level.Valid(), domain.ErrRange.At(at+".level"))
		checks.Range(at+".years", int(claim.Years), 0, MaxYears)
		before, known := keyed.Find(s.Skills, skillKey, claim.Skill)
		if !known {
			total++
		}
		if before != claim {
			changed = append(changed, claim)
		}
	}
	domain.RequireDistinct(&checks, "skills", c.Skills, skillKey)
	checks.Count("skills", total, MaxSkills)
	return decided(&checks, len(changed) == 0, SkillsDeclared{changed})
}

// validSkill checks the form of a skill id ("health.midwifery"); whether the
// taxonomy lists it is for those who hold a taxonomy.
func validSkill(s domain.Skill) bool {
	if s == "" || len(s) > MaxSkillBytes {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func (s State) withdrawSkills(c WithdrawSkills) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Skills) > 0, domain.ErrRequired.At("skills"))
	checks.Count("skills", len(c.Skills), MaxSkills)
	gone := held(s.Skills, skillKey, c.Skills)
	return decided(&checks, len(gone) == 0, SkillsWithdrawn{gone})
}

// held returns those of the keys that stand in the list, each once.
func held[T any, K cmp.Ordered](list []T, key func(T) K, keys []K) []K {
	var in []K
	for _, k := range keys {
		if _, ok := keyed.Find(list, key, k); ok && !slices.Contains(in, k) {
			in = append(in, k)
		}
	}
	return in
}

func (s State) declareLanguages(c DeclareLanguages) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Languages) > 0, domain.ErrRequired.At("languages"))
	var changed []domain.LanguageClaim
	total := len(s.Languages)
	for i, claim := range c.Languages {
		at := domain.Index("languages", i)
		checks.Require(claim.Language.Valid(), domain.ErrFormat.At(at+".language"))
		checks.Require(claim.Level.Valid(), domain.ErrRange.At(at+".level"))
		before, known := keyed.Find(s.Languages, languageKey, claim.Language)
		if !known {
			total++
		}
		if before != claim {
			changed = append(changed, claim)
		}
	}
	domain.RequireDistinct(&checks, "languages", c.Languages, languageKey)
	checks.Count("languages", total, MaxLanguages)
	return decided(&checks, len(changed) == 0, LanguagesDeclared{changed})
}

func (s State) withdrawLanguages(c WithdrawLanguages) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Languages) > 0, domain.ErrRequired.At("languages"))
	checks.Count("languages", len(c.Languages), MaxLanguages)
	gone := held(s.Languages, languageKey, c.Languages)
	return decided(&checks, len(gone) == 0, LanguagesWithdrawn{gone})
}

func (s State) declareEducation(c DeclareEducation) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Education) > 0, domain.ErrRequired.At("education"))
	checks.Count("education", len(c.Education), MaxEducation)
	for i, e := range c.Education {
		at := domain.Index("education", i)
		checks.Require(e.Level.Valid(), domain.ErrRange.At(at+".level"))
		checks.Require(e.Field == "" || e.Field.Valid(), domain.ErrFormat.At(at+".field"))
	}
	return decided(&checks, slices.Equal(c.Education, s.Education), EducationDeclared{c.Education})
}

func (s State) declareExperience(c DeclareExperience) ([]Event, error) {
	e := c.Experience
	var checks domain.Checks
	checks.Range("experience.years", int(e.Years), 0, MaxYears)
	for i, sector := range e.Sectors {
		at := domain.Index("experience.sectors", i)
		domain.RequireListed(&checks, at+".sector", sector.Sector, domain.Sectors)
		checks.Require(sector.Years <= e.Years, ErrSectorYears.At(at+".years"))
	}
	domain.RequireDistinct(&checks, "experience.sectors", e.Sectors, func(s SectorExperience) domain.Sector { return s.Sector })
	already := s.Declared.Has(PartExperience) && e.Years == s.Experience.Years && slices.Equal(e.Sectors, s.Experience.Sectors)
	return decided(&checks, already, ExperienceDeclared{e})
}

func (s State) declareOccupation(c DeclareOccupation) ([]Event, error) {
	var checks domain.Checks
	checks.Require(c.Occupation.Valid(), domain.ErrFormat.At("occupation"))
	return decided(&checks, c.Occupation == s.Occupation, OccupationDeclared{c.Occupation})
}

func (s State) declareResidence(c DeclareResidence) ([]Event, error) {
	var checks domain.Checks
	checks.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	return decided(&checks, c.Country == s.Residence, ResidenceDeclared{c.Country})
}

func (s State) declareAvailability(c DeclareAvailability) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.Windows) > 0, domain.ErrRequired.At("windows"))
	checks.Count("windows", len(c.Windows), MaxWindows)
	for i, w := range c.Windows {
		at := domain.Index("windows", i)
		checks.Period(at+".period", w.Period, MaxWindowDays)
		checks.Range(at+".maxWeeks", int(w.MaxWeeks), 0, MaxWindowWeeks)
		if i < MaxWindows { // pairs of a bounded list
			shares := slices.ContainsFunc(c.Windows[:i], func(v domain.Availability) bool { return v.Period.Overlaps(w.Period) })
			checks.Require(!shares, ErrWindows.At(at+".period"))
		}
	}
	windows := slices.SortedFunc(slices.Values(c.Windows), func(a, b domain.Availability) int {
		return cmp.Compare(a.Period.From, b.Period.From)
	})
	return decided(&checks, slices.Equal(windows, s.Availability), AvailabilityDeclared{windows})
}

func (s State) declarePreferences(c DeclarePreferences) ([]Event, error) {
	p := c.Preferences
	var checks domain.Checks
	for i, m := range p.Modalities {
		domain.RequireListed(&checks, domain.Index("preferences.modalities", i), m, domain.Modalities)
	}
	domain.RequireDistinct(&checks, "preferences.modalities", p.Modalities, keyed.Self)
	checks.Count("preferences.countries", len(p.Countries), MaxPreferred)
	for i, country := range p.Countries {
		checks.Require(country.Valid(), domain.ErrFormat.At(domain.Index("preferences.countries", i)))
	}
	domain.RequireDistinct(&checks, "preferences.countries", p.Countries, keyed.Self)
	for i, sector := range p.Sectors {
		domain.RequireListed(&checks, domain.Index("preferences.sectors", i), sector, domain.Sectors)
	}
	domain.RequireDistinct(&checks, "preferences.sectors", p.Sectors, keyed.Self)
	before := s.Preferences
	already := s.Declared.Has(PartPreferences) && slices.Equal(p.Modalities, before.Modalities) &&
		slices.Equal(p.Countries, before.Countries) && slices.Equal(p.Sectors, before.Sectors)
	return decided(&checks, already, PreferencesDeclared{p})
}

func (s State) declareTransfer(c DeclareTransfer) ([]Event, error) {
	var checks domain.Checks
	for i, m := range c.Transfer.Methods {
		domain.RequireListed(&checks, domain.Index("transfer.methods", i), m, domain.TransferMethods)
	}
	domain.RequireDistinct(&checks, "transfer.methods", c.Transfer.Methods, keyed.Self)
	checks.Range("transfer.timesTrained", int(c.Transfer.TimesTrained), 0, MaxTimesTrained)
	already := s.Declared.Has(PartTransfer) && c.Transfer.TimesTrained == s.Transfer.TimesTrained &&
		slices.Equal(c.Transfer.Methods, s.Transfer.Methods)
	return decided(&checks, already, TransferDeclared{c.Transfer})
}

func (s State) declareReferences(c DeclareReferences) ([]Event, error) {
	var checks domain.Checks
	checks.Require(len(c.References) > 0, domain.ErrRequired.At("references"))
	checks.Count("references", len(c.References), MaxReferences)
	for i, r := range c.References {
		at := domain.Index("references", i)
		checks.Require(!r.Name.IsZero(), domain.ErrRequired.At(at+".name"))
		personal.Check(&checks, at+".name", r.Name, s.ID, MaxIdentityBytes)
		checks.Require(!r.Contact.IsZero(), domain.ErrRequired.At(at+".contact"))
		personal.Check(&checks, at+".contact", r.Contact, s.ID, MaxIdentityBytes)
		personal.Check(&checks, at+".relation", r.Relation, s.ID, MaxIdentityBytes)
	}
	same := func(a, b Reference) bool {
		return a.Name.Equal(b.Name) && a.Contact.Equal(b.Contact) && a.Relation.Equal(b.Relation)
	}
	return decided(&checks, slices.EqualFunc(c.References, s.References, same), ReferencesDeclared{c.References})
}

func (s State) withdrawPart(c WithdrawPart) ([]Event, error) {
	var checks domain.Checks
	domain.RequireListed(&checks, "part", c.Part, Parts)
	return decided(&checks, !s.Declared.Has(c.Part), PartWithdrawn{c.Part})
}
