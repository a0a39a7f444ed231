package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/projections/views"
)

var expertColumns = []Column{
	{Name: "id", Required: true, About: "A random UUID, for example from uuidgen, kept in your file. Nothing about the person goes into it.", Example: "6f1d2c3b-4a59-4e68-8b77-0c1d2e3f4a5b"},
	{Name: "label", way: outOnly, About: "The pseudonym."},
	{Name: "programme", About: "UUID of the programme; may be left out when there is only one.", Example: ""},
	{Name: "stage", way: outOnly, About: "Where the profile stands."},
	{Name: "consent_text", Required: true, way: inOnly, About: "The text that the person agreed to; its SHA-256 is kept.", Example: "The programme keeps my profile to match me with needs."},
	{Name: "consent_language", Required: true, way: inOnly, About: "The language of that text.", Example: "en"},
	{Name: "name", Required: true, way: inOnly, About: "Name. Sealed, and never exported.", Example: "Asha Example"},
	{Name: "email", way: inOnly, About: "E-mail address. Sealed, and never exported.", Example: "asha@example.org"},
	{Name: "phone", way: inOnly, About: "Telephone. Sealed, and never exported.", Example: ""},
	{Name: "gender", way: inOnly, About: "For monitoring alone. Sealed, and never exported.", Example: ""},
	{Name: "birth_year", way: inOnly, About: "Four digits. Sealed, and never exported.", Example: "1986"},
	{Name: "motivation", way: inOnly, About: "In the person's own words. Sealed, and never exported.", Example: ""},
	{Name: "cv", way: inOnly, About: "Text of the CV. Sealed, and never exported.", Example: ""},
	{Name: "residence", About: "Country of residence.", Example: "NL"},
	{Name: "heritage", form: codes, About: "Countries of heritage, as declared; somebody of the programme checks them later.", Example: "SO"},
	{Name: "occupation", About: "ISCO-08 code.", Example: "2221"},
	{Name: "years", form: number, About: "Years of work.", Example: "12"},
	{Name: "sectors", form: codes, About: "Sector:years.", Example: "health:12"},
	{Name: "skills", form: codes, About: "Skill:level:years.", Example: "health.midwifery:expert:10"},
	{Name: "languages", form: codes, About: "Language:level.", Example: "so:native;nl:C1;en:B2"},
	{Name: "education", form: codes, About: "ISCED level, or level:field of ISCED-F.", Example: "6:0913"},
	{Name: "availability", form: codes, About: "First day/last day, or with :weeks at most.", Example: "2027-03-01/2027-05-31:6"},
	{Name: "modalities", form: codes, About: "Wished modalities.", Example: "hybrid;virtual"},
	{Name: "preferred_countries", form: codes, About: "Wished countries.", Example: "SO"},
	{Name: "preferred_sectors", form: codes, About: "Wished sectors.", Example: "health"},
	{Name: "transfer_methods", form: codes, About: "Ways of passing on knowledge that the person has used.", Example: "coaching_mentoring"},
	{Name: "times_trained", form: number, About: "Trainings given.", Example: "8"},
	{Name: "confirmed", way: outOnly, About: "Day on which the profile was last confirmed."},
}

// expertRow is what a row of the file asks for.
type expertRow struct {
	id         domain.ExpertID
	programme  domain.ProgrammeID
	processing expert.Processing
	steps      []expertStep
}

// nobody is whom a row without a good id is judged as.
const nobody domain.ExpertID = "00000000-0000-4000-8000-000000000000"

// expertStep is a part of the profile. Its name goes into the command id, and
// nothing of what it says.
type expertStep struct {
	name  string
	build func(domain.Stamp) expert.Command
}

func (k known) expertRow(c *cells) expertRow {
	r := expertRow{programme: k.programme(c), id: domain.ExpertID(c.id("id"))}
	if r.id == "" {
		c.checks.Require(c.has("id"), ErrPerson.At("id"))
		r.id = nobody
	}
	digest := sha256.Sum256([]byte(c.required("consent_text")))
	r.processing = expert.Processing{TextHash: hex.EncodeToString(digest[:]), Language: domain.Language(c.required("consent_language"))}
	r.identity(c)
	r.profile(c)
	return r
}

func (r *expertRow) step(name string, build func(domain.Stamp) expert.Command) {
	r.steps = append(r.steps, expertStep{name, build})
}

func (r *expertRow) identity(c *cells) {
	text := func(column string) personal.Text { return personal.Of(r.id, c.text(column)) }
	c.required("name")
	identity := expert.Identity{
		Name: text("name"), Email: text("email"), Phone: text("phone"), Gender: text("gender"), BirthYear: text("birth_year"),
	}
	r.step("identity", func(s domain.Stamp) expert.Command { return expert.DeclareIdentity{Stamp: s, Identity: identity} })
	if c.has("motivation") {
		t := text("motivation")
		r.step("motivation", func(s domain.Stamp) expert.Command { return expert.DeclareMotivation{Stamp: s, Motivation: t} })
	}
	if c.has("cv") {
		t := text("cv")
		r.step("cv", func(s domain.Stamp) expert.Command { return expert.DeclareCV{Stamp: s, CV: t} })
	}
}

// profile adds the parts that the row fills in.
func (r *expertRow) profile(c *cells) {
	if c.has("residence") {
		country := domain.Country(c.upper("residence"))
		r.step("residence", func(s domain.Stamp) expert.Command { return expert.DeclareResidence{Stamp: s, Country: country} })
	}
	if skills := c.skills(); len(skills) > 0 {
		r.step("skills", func(s domain.Stamp) expert.Command { return expert.DeclareSkills{Stamp: s, Skills: skills} })
	}
	if languages := c.languages(); len(languages) > 0 {
		r.step("languages", func(s domain.Stamp) expert.Command { return expert.DeclareLanguages{Stamp: s, Languages: languages} })
	}
	if education := c.education(); len(education) > 0 {
		r.step("education", func(s domain.Stamp) expert.Command { return expert.DeclareEducation{Stamp: s, Education: education} })
	}
	if experience := c.experience(); c.has("years") || len(experience.Sectors) > 0 {
		r.step("experience", func(s domain.Stamp) expert.Command { return expert.DeclareExperience{Stamp: s, Experience: experience} })
	}
	if c.has("occupation") {
		occupation := domain.ISCO(c.text("occupation"))
		r.step("occupation", func(s domain.Stamp) expert.Command { return expert.DeclareOccupation{Stamp: s, Occupation: occupation} })
	}
	wishes := expert.Preferences{
		Modalities: typed[domain.Modality](c, "modalities", nil), Countries: typed[domain.Country](c, "preferred_countries", nil),
		Sectors: typed[domain.Sector](c, "preferred_sectors", nil),
	}
	if c.has("modalities") || c.has("preferred_countries") || c.has("preferred_sectors") {
		r.step("preferences", func(s domain.Stamp) expert.Command { return expert.DeclarePreferences{Stamp: s, Preferences: wishes} })
	}
	transfer := expert.Transfer{
		Methods:      typed[domain.TransferMethod](c, "transfer_methods", nil),
		TimesTrained: uint16(c.number("times_trained", 0, expert.MaxTimesTrained)),
	}
	if c.has("transfer_methods") || c.has("times_trained") {
		r.step("transfer", func(s domain.Stamp) expert.Command { return expert.DeclareTransfer{Stamp: s, Transfer: transfer} })
	}
	if windows := c.availability(); len(windows) > 0 {
		r.step("availability", func(s domain.Stamp) expert.Command { return expert.DeclareAvailability{Stamp: s, Windows: windows} })
	}
	for _, country := range typed[domain.Country](c, "heritage", nil) {
		r.step("heritage "+string(country), func(s domain.Stamp) expert.Command { return expert.DeclareHeritage{Stamp: s, Country: country} })
	}
}

func (c *cells) skills() []domain.SkillClaim {
	var out []domain.SkillClaim
	for i, entry := range c.list("skills") {
		if p, ok := c.parts("skills", i, entry, ":", 3, 3); ok {
			at := domain.Index("skills", i)
			c.skill(at, p[0])
			out = append(out, domain.SkillClaim{Skill: domain.Skill(p[0]), Level: c.level(at, p[1]), Years: uint8(c.parse(at, p[2], 0, expert.MaxYears))})
		}
	}
	return out
}

// skill holds a skill to the list of the platform.
func (c *cells) skill(at, id string) {
	c.checks.Require(c.known.Has(domain.Skill(id)), domain.ErrUnknown.At(at).With("The skill is not in the list of skills."))
}

func (c *cells) languages() []domain.LanguageClaim {
	var out []domain.LanguageClaim
	for i, entry := range c.list("languages") {
		if p, ok := c.parts("languages", i, entry, ":", 2, 2); ok {
			out = append(out, domain.LanguageClaim{Language: domain.Language(p[0]), Level: c.cefr(domain.Index("languages", i), p[1])})
		}
	}
	return out
}

func (c *cells) education() []domain.Education {
	var out []domain.Education
	for i, entry := range c.list("education") {
		if p, ok := c.parts("education", i, entry, ":", 1, 2); ok {
			out = append(out, domain.Education{Level: domain.ISCED(c.parse(domain.Index("education", i), p[0], 0, 8)), Field: domain.ISCEDField(p[1])})
		}
	}
	return out
}

func (c *cells) experience() expert.Experience {
	e := expert.Experience{Years: uint8(c.number("years", 0, expert.MaxYears))}
	for i, entry := range c.list("sectors") {
		if p, ok := c.parts("sectors", i, entry, ":", 2, 2); ok {
			e.Sectors = append(e.Sectors, expert.SectorExperience{
				Sector: domain.Sector(strings.ToLower(p[0])), Years: uint8(c.parse(domain.Index("sectors", i), p[1], 0, expert.MaxYears)),
			})
		}
	}
	return e
}

func (c *cells) availability() []domain.Availability {
	var out []domain.Availability
	for i, entry := range c.list("availability") {
		at := domain.Index("availability", i)
		period, weeks, capped := strings.Cut(entry, ":")
		p, ok := c.parts("availability", i, period, "/", 2, 2)
		if !ok {
			continue
		}
		a := domain.Availability{}
		var from, to error
		a.Period.From, from = domain.ParseDate(p[0])
		a.Period.To, to = domain.ParseDate(p[1])
		if from != nil || to != nil {
			c.refuse(at, domain.ErrFormat.With("A window is written like 2027-03-01/2027-05-31."))
			continue
		}
		if capped {
			a.MaxWeeks = uint8(c.parse(at, strings.TrimSpace(weeks), 0, expert.MaxWindowWeeks))
		}
		out = append(out, a)
	}
	return out
}

// writeExpert is the row of an export: the pseudonymous matching profile.
func writeExpert(e *views.ExpertRow) record {
	r := record{
		"id": {string(e.ID)}, "label": {e.Label()}, "programme": {string(e.Programme)}, "stage": {string(e.Stage())},
		"residence": {string(e.Residence)}, "heritage": texts(e.Countries()), "occupation": {string(e.Occupation)},
		"years": {num(int(e.Years))}, "modalities": texts(e.Wishes.Modalities), "preferred_countries": texts(e.Wishes.Countries),
		"preferred_sectors": texts(e.Wishes.Sectors), "transfer_methods": texts(e.Transfer.Methods),
		"times_trained": {num(int(e.Transfer.TimesTrained))}, "confirmed": {e.Confirmed.String()},
	}
	for _, s := range e.Sectors {
		r["sectors"] = append(r["sectors"], fmt.Sprintf("%s:%d", s.Sector, s.Years))
	}
	for _, s := range e.Skills {
		r["skills"] = append(r["skills"], fmt.Sprintf("%s:%s:%d", s.Skill, s.Level, s.Years))
	}
	for _, l := range e.Languages {
		r["languages"] = append(r["languages"], fmt.Sprintf("%s:%s", l.Language, l.Level))
	}
	for _, d := range e.Education {
		r["education"] = append(r["education"], strings.TrimSuffix(fmt.Sprintf("%d:%s", d.Level, d.Field), ":"))
	}
	for _, w := range e.Windows {
		entry := w.Period.String()
		if w.MaxWeeks > 0 {
			entry += fmt.Sprintf(":%d", w.MaxWeeks)
		}
		r["availability"] = append(r["availability"], entry)
	}
	return r
}
