package domain

import "slices"

// Country is an ISO 3166-1 alpha-2 code ("SO"). Display names are data of a
// programme: names of countries and areas are political.
type Country string

// Area is an ISO 3166-2 code ("SO-WO", "IQ-KR").
type Area string

// Language is a BCP 47 tag ("so", "prs", "ckb"). Two-letter lists are too
// coarse for Kurdish and Dari.
type Language string

// Valid reports the form: two capital letters.
func (c Country) Valid() bool { return len(c) == 2 && isUpper(c[0]) && isUpper(c[1]) }

// Valid reports the form: country, hyphen, one to three capitals or digits.
func (a Area) Valid() bool {
	if len(a) < 4 || len(a) > 6 || a[2] != '-' || !Country(a[:2]).Valid() {
		return false
	}
	for i := 3; i < len(a); i++ {
		if !isUpper(a[i]) && !isDigit(a[i]) {
			return false
		}
	}
	return true
}

// Valid reports the form of a BCP 47 tag: a language of two or three lower-case
// letters, then subtags of two to eight letters or digits.
func (l Language) Valid() bool {
	if len(l) < 2 || len(l) > 35 {
		return false
	}
	start, n := 0, 0
	for i := 0; i <= len(l); i++ {
		if i == len(l) || l[i] == '-' {
			size := i - start
			if n == 0 && (size < 2 || size > 3) || n > 0 && (size < 2 || size > 8) {
				return false
			}
			start, n = i+1, n+1
			continue
		}
		c := l[i]
		if n == 0 && (c < 'a' || c > 'z') || n > 0 && !isUpper(c) && !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Sector is a priority sector of the programmes.
type Sector string

const (
	Health           Sector = "health"
	EducationSector  Sector = "education"
	RuleOfLaw        Sector = "rule_of_law"
	Agriculture      Sector = "agriculture"
	Infrastructure   Sector = "infrastructure_wash"
	Entrepreneurship Sector = "entrepreneurship"
)

// Sectors lists every sector in its fixed order.
var Sectors = []Sector{Health, EducationSector, RuleOfLaw, Agriculture, Infrastructure, Entrepreneurship}

// Valid reports whether the sector is listed.
func (s Sector) Valid() bool { return slices.Contains(Sectors, s) }

// Modality is how an assignment is carried out.
type Modality string

const (
	Physical Modality = "physical"
	Virtual  Modality = "virtual"
	Hybrid   Modality = "hybrid"
)

// Modalities lists every modality in its fixed order.
var Modalities = []Modality{Physical, Virtual, Hybrid}

// Valid reports whether the modality is listed.
func (m Modality) Valid() bool { return slices.Contains(Modalities, m) }

// Travels reports whether any part takes place in the country.
func (m Modality) Travels() bool { return m == Physical || m == Hybrid }

// CEFR is a language level of the Common European Framework, A1 = 1 to C2 = 6,
// and Native = 7 above them. Zero means "not given".
type CEFR uint8

const (
	A1 CEFR = iota + 1
	A2
	B1
	B2
	C1
	C2
	Native
)

var cefrNames = [...]string{"", "A1", "A2", "B1", "B2", "C1", "C2", "native"}

// Valid reports whether a level is given.
func (l CEFR) Valid() bool { return l >= A1 && l <= Native }

func (l CEFR) String() string {
	if int(l) < len(cefrNames) {
		return cefrNames[l]
	}
	return "?"
}

// ParseCEFR reads "A1" to "C2" or "native"; ErrUnknown for anything else.
func ParseCEFR(s string) (CEFR, error) {
	if i := slices.Index(cefrNames[:], s); i > 0 {
		return CEFR(i), nil
	}
	return 0, ErrUnknown.With("The language level is none of A1, A2, B1, B2, C1, C2, native.")
}

// MarshalText writes the level's name.
func (l CEFR) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the level's name; the empty text is "not given".
func (l *CEFR) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*l = 0
		return nil
	}
	v, err := ParseCEFR(string(b))
	if err == nil {
		*l = v
	}
	return err
}

// SkillLevel is a self-declared mastery: 1 basic, 2 working, 3 proficient,
// 4 expert. Zero means "not given".
type SkillLevel uint8

const (
	Basic SkillLevel = iota + 1
	Working
	Proficient
	Expert
)

// SkillLevelNames holds the names, at the index of the level.
var SkillLevelNames = [...]string{"", "basic", "working", "proficient", "expert"}

// Valid reports whether a level is given.
func (l SkillLevel) Valid() bool { return l >= Basic && l <= Expert }

func (l SkillLevel) String() string {
	if int(l) < len(SkillLevelNames) {
		return SkillLevelNames[l]
	}
	return "?"
}

// ISCED is an education level of ISCED 2011, 0 to 8 (6 bachelor, 7 master,
// 8 doctoral).
type ISCED uint8

// Valid reports whether the level is in 0 to 8.
func (l ISCED) Valid() bool { return l <= 8 }

// ISCEDField is a field of study of ISCED-F 2013: 2, 3 or 4 digits.
type ISCEDField string

// Valid reports the form.
func (f ISCEDField) Valid() bool { return digits(string(f), 2, 4) }

// ISCO is an occupation group of ISCO-08: 1 to 4 digits, a prefix being the
// wider group.
type ISCO string

// Valid reports the form.
func (o ISCO) Valid() bool { return digits(string(o), 1, 4) }

// CRS is an OECD DAC purpose code: 5 digits.
type CRS string

// Valid reports the form.
func (c CRS) Valid() bool { return digits(string(c), 5, 5) }

func digits(s string, minLen, maxLen int) bool {
	if len(s) < minLen || len(s) > maxLen {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// Skill is a local skill id of the taxonomy ("health.midwifery"), never reused.
type Skill string

// Importance tells whether a required skill must be there.
type Importance string

const (
	Essential Importance = "essential"
	Preferred Importance = "preferred"
)

// Valid reports whether the importance is listed.
func (i Importance) Valid() bool { return i == Essential || i == Preferred }

// LanguagePurpose is what a language is needed for.
type LanguagePurpose string

const (
	ForWork      LanguagePurpose = "work"
	ForTraining  LanguagePurpose = "training"
	ForCommunity LanguagePurpose = "community"
)

// Valid reports whether the purpose is listed.
func (p LanguagePurpose) Valid() bool { return p == ForWork || p == ForTraining || p == ForCommunity }

// TransferMethod is a way of passing on knowledge (domain guide, section 1.6).
type TransferMethod string

// TransferMethods is the controlled list.
var TransferMethods = []TransferMethod{
	"on_the_job_training", "coaching_mentoring", "workshop_training", "training_of_trainers", "lecturing",
	"curriculum_codesign", "policy_advice", "document_drafting", "problem_solving", "system_setup",
	"clinical_supervision", "field_demonstration", "intern_supervision", "online_training",
	"exchange_visit", "pilot_project",
}

// Valid reports whether the method is listed.
func (m TransferMethod) Valid() bool { return slices.Contains(TransferMethods, m) }

// Sensitivity says how much of a country, host or person may be shown.
type Sensitivity string

const (
	Open       Sensitivity = "open"
	Restricted Sensitivity = "restricted"
	Protected  Sensitivity = "protected" // alias everywhere, no host name in public, no export
)

// Valid reports whether the class is listed.
func (s Sensitivity) Valid() bool { return s == Open || s == Restricted || s == Protected }
