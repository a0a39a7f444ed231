package expert_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/diaspora-match/diaspora/domain/expert"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

const (
	id         = domain.ExpertID("0b8f8f0e-7c1d-4a51-9a53-1d2f3c4b5a60")
	otherID    = domain.ExpertID("0b8f8f0e-7c1d-4a51-9a53-1d2f3c4b5a61")
	herself    = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b1")
	focal      = domain.PrincipalID("0198c0de-0000-5000-8000-0000000000b2")
	programme  = domain.ProgrammeID("0198c0de-0000-7000-8000-000000000001")
	host       = domain.InstitutionID("0198c0de-0000-7000-8000-0000000000a1")
	need       = domain.NeedID("0198c0de-0000-7000-8000-0000000000e1")
	candidacy  = domain.CandidacyID("0198c0de-0000-5000-8000-0000000000c1")
	candidacy2 = domain.CandidacyID("0198c0de-0000-5000-8000-0000000000c2")
	candidacy3 = domain.CandidacyID("0198c0de-0000-5000-8000-0000000000c3")
	assignment = domain.AssignmentID("0198c0de-0000-5000-8000-0000000000d1")
	consentID  = domain.ConsentID("0198c0de-0000-7000-8000-0000000000f1")
)

var (
	at      = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	today   = domain.DateOf(at)
	stamp   = domain.Stamp{By: herself, Role: domain.RoleExpert, At: at}
	byFocal = domain.Stamp{By: focal, Role: domain.RoleFocalPoint, At: at}
	system  = domain.Stamp{By: "system", Role: domain.RoleSystem, At: at}
	hash    = strings.Repeat("a1", 32)

	processing = Processing{TextHash: hash, Language: "nl"}
	identity   = Identity{Name: about("Amina"), Email: about("amina@example.org"), BirthYear: about("1984"), Gender: about("female")}
	midwifery  = domain.SkillClaim{Skill: "health.midwifery", Level: domain.Expert, Years: 12}
	teaching   = domain.SkillClaim{Skill: "x.training-delivery-online", Level: domain.Working, Years: 2}
	somali     = domain.LanguageClaim{Language: "so", Level: domain.Native}
	dutch      = domain.LanguageClaim{Language: "nl", Level: domain.C1}
	spring     = period(100, 160)
	summer     = period(200, 260)
	consent    = Consent{ID: consentID, Purpose: ShareWithHost, Institution: host, Need: need, TextHash: hash, Language: "nl", Until: today.AddDays(90)}

	registered = Registered{id, programme, herself, processing, herself, at}
	linked     = HeritageDeclared{"SO"}
	checked    = HeritageChecked{"SO", ByInterview, focal, at}
	given      = ConsentGiven{consent, at}
	suspended  = Suspended{SuspendedForConduct, about("Complaint."), focal, at}
	booked     = Booked{candidacy, spring}
	fenced     = ErasureRequested{herself, at}
	erased     = PersonalDataErased{hash, at}
)

func about(text string) personal.Text { return personal.Of(id, text) }

func period(from, to int) domain.Period {
	return domain.Period{From: today.AddDays(from), To: today.AddDays(to)}
}

func TestRegistering(t *testing.T) {
	spec := decider.For(t, Decider)
	register := Register{stamp, id, programme, herself, processing}
	spec.Given().When(register).Then(registered)
	spec.Given(registered).When(register).ThenNothing()
	spec.Given(registered).When(Register{stamp, otherID, "", herself, processing}).Refused(ErrExists)
	spec.Given().When(Register{byFocal, id, "", "", processing}).Then(Registered{id, "", "", processing, focal, at})
	spec.Given().When(Register{stamp, id, "", "", processing}).Refused(ErrOwnProfile)
	spec.Given().When(Register{stamp, id, "", focal, processing}).Refused(ErrOwnProfile)
	spec.Given().When(Register{stamp, "amina", "", "", Processing{}}).Refused(domain.ErrFormat)
	spec.Given().When(Register{stamp, "", "", "", processing}).Refused(domain.ErrRequired)
	spec.Given().When(Reconfirm{stamp}).Refused(ErrNotFound)
}

func TestLinkingAPrincipal(t *testing.T) {
	spec := decider.For(t, Decider)
	onBehalf := Registered{id, "", "", processing, focal, at}
	spec.Given(onBehalf).When(LinkPrincipal{byFocal, herself}).Then(PrincipalLinked{herself})
	spec.Given(onBehalf, PrincipalLinked{herself}).When(LinkPrincipal{byFocal, herself}).ThenNothing()
	spec.Given(registered).When(LinkPrincipal{stamp, focal}).Refused(ErrLinked)
	spec.Given(onBehalf).When(LinkPrincipal{stamp, stamp.By}).Refused(ErrLinkOther)
	spec.Given(onBehalf).When(LinkPrincipal{byFocal, "amina"}).Refused(domain.ErrFormat)
}

func TestIdentityAndTexts(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(registered).When(DeclareIdentity{stamp, identity}).Then(IdentityDeclared{identity})
	spec.Given(registered, IdentityDeclared{identity}).When(DeclareIdentity{stamp, identity}).ThenNothing()
	spec.Given(registered).When(DeclareIdentity{stamp, Identity{}}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareIdentity{stamp, Identity{Name: personal.Of(otherID, "Amina")}}).Refused(personal.ErrSubject)
	spec.Given(registered).When(DeclareIdentity{stamp, Identity{Name: about("Amina"), Email: about("amina")}}).Refused(domain.ErrFormat)
	for year, want := range map[string]error{"84": domain.ErrFormat, "19x4": domain.ErrFormat, "1884": domain.ErrRange, "2020": domain.ErrRange} {
		spec.Given(registered).When(DeclareIdentity{stamp, Identity{Name: about("Amina"), BirthYear: about(year)}}).Refused(want)
	}

	spec.Given(registered).When(DeclareMotivation{stamp, about("To give back.")}).Then(MotivationDeclared{about("To give back.")})
	spec.Given(registered, MotivationDeclared{about("To give back.")}).When(DeclareMotivation{stamp, about("To give back.")}).ThenNothing()
	spec.Given(registered).When(DeclareMotivation{stamp, personal.Text{}}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareMotivation{stamp, about(strings.Repeat("x", MaxMotivationBytes+1))}).Refused(domain.ErrTooLong)
	spec.Given(registered).When(DeclareCV{stamp, about("Midwife since 2008.")}).Then(CVDeclared{about("Midwife since 2008.")})
	spec.Given(registered, CVDeclared{about("Midwife.")}).When(DeclareCV{stamp, about("Midwife.")}).ThenNothing()
	spec.Given(registered).When(DeclareCV{stamp, about(strings.Repeat("x", MaxCVBytes+1))}).Refused(domain.ErrTooLong)
}

func TestRefusalsNeverRepeatPersonalText(t *testing.T) {
	_, err := Decider.Decide(Decider.Fold(State{}, registered), DeclareIdentity{stamp, Identity{
		Name: personal.Of(otherID, "Canary\x00Name"), Email: about("canary at home"), BirthYear: about("Canary"),
	}})
	if err == nil || strings.Contains(strings.ToLower(err.Error()), "canary") {
		t.Errorf("got %v", err)
	}
}

func TestSkills(t *testing.T) {
	spec := decider.For(t, Decider)
	both := []domain.SkillClaim{midwifery, teaching}
	declared := SkillsDeclared{both}
	spec.Given(registered).When(DeclareSkills{stamp, both}).Then(declared)
	spec.Given(registered, declared).When(DeclareSkills{stamp, both}).ThenNothing()
	better := teaching
	better.Level = domain.Proficient
	spec.Given(registered, declared).When(DeclareSkills{stamp, []domain.SkillClaim{midwifery, better}}).Then(SkillsDeclared{[]domain.SkillClaim{better}})
	spec.Given(registered).When(DeclareSkills{stamp, nil}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareSkills{stamp, []domain.SkillClaim{midwifery, midwifery}}).Refused(domain.ErrTwice)

	_, err := Decider.Decide(Decider.Fold(State{}, registered), DeclareSkills{stamp, []domain.SkillClaim{
		midwifery, {Skill: "Midwifery!", Level: 9, Years: 61},
	}})
	var fields []string
	for _, r := range domain.AsRefusals(err) {
		fields = append(fields, r.Field)
	}
	if want := []string{"skills[1].skill", "skills[1].level", "skills[1].years"}; !slices.Equal(fields, want) {
		t.Errorf("all faults at once: got %v, want %v", fields, want)
	}

	spec.Given(registered, declared).When(WithdrawSkills{stamp, []domain.Skill{"health.midwifery", "health.surgery", "health.midwifery"}}).
		Then(SkillsWithdrawn{[]domain.Skill{"health.midwifery"}})
	spec.Given(registered).When(WithdrawSkills{stamp, []domain.Skill{"health.midwifery"}}).ThenNothing()
	spec.Given(registered).When(WithdrawSkills{stamp, nil}).Refused(domain.ErrRequired)
}

func TestLanguages(t *testing.T) {
	spec := decider.For(t, Decider)
	declared := LanguagesDeclared{[]domain.LanguageClaim{somali, dutch}}
	spec.Given(registered).When(DeclareLanguages{stamp, []domain.LanguageClaim{somali, dutch}}).Then(declared)
	spec.Given(registered, declared).When(DeclareLanguages{stamp, []domain.LanguageClaim{dutch, somali}}).ThenNothing()
	spec.Given(registered).When(DeclareLanguages{stamp, []domain.LanguageClaim{{Language: "Somali", Level: 0}}}).Refused(domain.ErrFormat)
	spec.Given(registered).When(DeclareLanguages{stamp, []domain.LanguageClaim{{Language: "so", Level: 8}}}).Refused(domain.ErrRange)
	spec.Given(registered).When(DeclareLanguages{stamp, nil}).Refused(domain.ErrRequired)
	spec.Given(registered, declared).When(WithdrawLanguages{stamp, []domain.Language{"nl"}}).Then(LanguagesWithdrawn{[]domain.Language{"nl"}})
	spec.Given(registered).When(WithdrawLanguages{stamp, []domain.Language{"nl"}}).ThenNothing()
	spec.Given(registered).When(WithdrawLanguages{stamp, nil}).Refused(domain.ErrRequired)
}

func TestEducationExperienceOccupationResidence(t *testing.T) {
	spec := decider.For(t, Decider)
	degrees := []domain.Education{{Level: 7, Field: "0913"}}
	spec.Given(registered).When(DeclareEducation{stamp, degrees}).Then(EducationDeclared{degrees})
	spec.Given(registered, EducationDeclared{degrees}).When(DeclareEducation{stamp, degrees}).ThenNothing()
	spec.Given(registered).When(DeclareEducation{stamp, []domain.Education{{Level: 9}}}).Refused(domain.ErrRange)
	spec.Given(registered).When(DeclareEducation{stamp, []domain.Education{{Level: 7, Field: "law"}}}).Refused(domain.ErrFormat)
	spec.Given(registered).When(DeclareEducation{stamp, nil}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareEducation{stamp, make([]domain.Education, MaxEducation+1)}).Refused(domain.ErrTooMany)

	years := Experience{Years: 12, Sectors: []SectorExperience{{domain.Health, 12}}}
	spec.Given(registered).When(DeclareExperience{stamp, years}).Then(ExperienceDeclared{years})
	spec.Given(registered, ExperienceDeclared{years}).When(DeclareExperience{stamp, years}).ThenNothing()
	spec.Given(registered).When(DeclareExperience{stamp, Experience{}}).Then(ExperienceDeclared{})
	spec.Given(registered).When(DeclareExperience{stamp, Experience{Years: 99}}).Refused(domain.ErrRange)
	spec.Given(registered).When(DeclareExperience{stamp, Experience{Years: 1, Sectors: []SectorExperience{{domain.Health, 2}}}}).Refused(ErrSectorYears)

	spec.Given(registered).When(DeclareOccupation{stamp, "2222"}).Then(OccupationDeclared{"2222"})
	spec.Given(registered, OccupationDeclared{"2222"}).When(DeclareOccupation{stamp, "2222"}).ThenNothing()
	spec.Given(registered).When(DeclareOccupation{stamp, "midwife"}).Refused(domain.ErrFormat)
	spec.Given(registered).When(DeclareResidence{stamp, "NL"}).Then(ResidenceDeclared{"NL"})
	spec.Given(registered, ResidenceDeclared{"NL"}).When(DeclareResidence{stamp, "NL"}).ThenNothing()
	spec.Given(registered).When(DeclareResidence{stamp, "nl"}).Refused(domain.ErrFormat)
}

func TestAvailability(t *testing.T) {
	spec := decider.For(t, Decider)
	first, second := domain.Availability{Period: spring, MaxWeeks: 4}, domain.Availability{Period: summer}
	declared := AvailabilityDeclared{[]domain.Availability{first, second}}
	spec.Given(registered).When(DeclareAvailability{stamp, []domain.Availability{second, first}}).Then(declared)
	spec.Given(registered, declared).When(DeclareAvailability{stamp, []domain.Availability{first, second}}).ThenNothing()
	spec.Given(registered).When(DeclareAvailability{stamp, nil}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareAvailability{stamp, []domain.Availability{first, {Period: period(160, 170)}}}).Refused(ErrWindows)
	spec.Given(registered).When(DeclareAvailability{stamp, []domain.Availability{{Period: period(9, 8)}}}).Refused(domain.ErrPeriod)
	spec.Given(registered).When(DeclareAvailability{stamp, []domain.Availability{{Period: period(0, MaxWindowDays)}}}).Refused(domain.ErrRange)
	spec.Given(registered).When(DeclareAvailability{stamp, []domain.Availability{{Period: domain.Period{From: math.MinInt32, To: math.MaxInt32}}}}).Refused(domain.ErrRange)
	spec.Given(registered).When(DeclareAvailability{stamp, make([]domain.Availability, MaxWindows+1)}).Refused(domain.ErrTooMany)
}

func TestPreferencesTransferReferences(t *testing.T) {
	spec := decider.For(t, Decider)
	wishes := Preferences{[]domain.Modality{domain.Virtual}, []domain.Country{"SO"}, []domain.Sector{domain.Health}}
	spec.Given(registered).When(DeclarePreferences{stamp, wishes}).Then(PreferencesDeclared{wishes})
	spec.Given(registered, PreferencesDeclared{wishes}).When(DeclarePreferences{stamp, wishes}).ThenNothing()
	spec.Given(registered).When(DeclarePreferences{stamp, Preferences{Modalities: []domain.Modality{"astral"}}}).Refused(domain.ErrUnknown)
	spec.Given(registered).When(DeclarePreferences{stamp, Preferences{Countries: []domain.Country{"so"}}}).Refused(domain.ErrFormat)
	spec.Given(registered).When(DeclarePreferences{stamp, Preferences{Sectors: []domain.Sector{domain.Health, domain.Health}}}).Refused(domain.ErrTwice)

	taught := Transfer{[]domain.TransferMethod{"lecturing"}, 7}
	spec.Given(registered).When(DeclareTransfer{stamp, taught}).Then(TransferDeclared{taught})
	spec.Given(registered, TransferDeclared{taught}).When(DeclareTransfer{stamp, taught}).ThenNothing()
	spec.Given(registered).When(DeclareTransfer{stamp, Transfer{Methods: []domain.TransferMethod{"osmosis"}}}).Refused(domain.ErrUnknown)
	spec.Given(registered).When(DeclareTransfer{stamp, Transfer{TimesTrained: MaxTimesTrained + 1}}).Refused(domain.ErrRange)

	references := []Reference{{Name: about("Dr Omar"), Contact: about("omar@example.org")}}
	spec.Given(registered).When(DeclareReferences{stamp, references}).Then(ReferencesDeclared{references})
	spec.Given(registered, ReferencesDeclared{references}).When(DeclareReferences{stamp, references}).ThenNothing()
	spec.Given(registered).When(DeclareReferences{stamp, []Reference{{Name: about("Dr Omar")}}}).Refused(domain.ErrRequired)
	spec.Given(registered).When(DeclareReferences{stamp, []Reference{{Name: personal.Of("Omar", "Dr Omar"), Contact: about("o")}}}).Refused(personal.ErrSubject)
	spec.Given(registered).When(DeclareReferences{stamp, make([]Reference, MaxReferences+1)}).Refused(domain.ErrTooMany)
}

func TestHeritage(t *testing.T) {
	spec := decider.For(t, Decider)
	spec.Given(registered).When(DeclareHeritage{stamp, "SO"}).Then(linked)
	spec.Given(registered, linked, checked).When(DeclareHeritage{stamp, "SO"}).ThenNothing()
	spec.Given(registered).When(DeclareHeritage{stamp, "Somalia"}).Refused(domain.ErrFormat)
	spec.Given(registered, linked).When(WithdrawHeritage{stamp, "SO"}).Then(HeritageWithdrawn{"SO"})
	spec.Given(registered).When(WithdrawHeritage{stamp, "SO"}).ThenNothing()

	spec.Given(registered, linked).When(CheckHeritage{byFocal, "SO", ByInterview}).Then(checked)
	spec.Given(registered, linked, checked).When(CheckHeritage{byFocal, "SO", ByInterview}).ThenNothing()
	spec.Given(registered).When(CheckHeritage{byFocal, "SO", ByInterview}).Refused(ErrNoLink)
	spec.Given(registered, linked).When(CheckHeritage{byFocal, "SO", "dna"}).Refused(domain.ErrUnknown)
	spec.Given(registered, linked).When(CheckHeritage{stamp, "SO", ByInterview}).Refused(ErrOwnCheck)

	refusedLink := HeritageRefused{"SO", ByEmbassy, focal, at}
	spec.Given(registered, linked, checked).When(RefuseHeritage{byFocal, "SO", ByEmbassy}).Then(refusedLink)
	spec.Given(registered, linked, refusedLink).When(RefuseHeritage{byFocal, "SO", ByEmbassy}).ThenNothing()
	spec.Given(registered, linked).When(RefuseHeritage{stamp, "SO", ByEmbassy}).Refused(ErrOwnCheck)
}

func TestEligibility(t *testing.T) {
	spec := decider.For(t, Decider)
	confirmed := EligibilityConfirmed{programme, 2, focal, at}
	refused := EligibilityRefused{programme, 2, []Rule{"residence"}, focal, at}
	spec.Given(registered).When(RecordEligibility{byFocal, programme, 2, nil}).Then(confirmed)
	spec.Given(registered, confirmed).When(RecordEligibility{byFocal, programme, 2, nil}).ThenNothing()
	spec.Given(registered, confirmed).When(RecordEligibility{byFocal, programme, 2, []Rule{"residence"}}).Then(refused)
	spec.Given(registered, refused).When(RecordEligibility{byFocal, programme, 2, []Rule{"residence"}}).ThenNothing()
	spec.Given(registered, refused).When(RecordEligibility{byFocal, programme, 3, nil}).Then(EligibilityConfirmed{programme, 3, focal, at})
	spec.Given(registered, confirmed).When(RecordEligibility{byFocal, programme, 1, nil}).Refused(ErrOldRules)
	spec.Given(registered).When(RecordEligibility{stamp, programme, 2, nil}).Refused(ErrOwnCheck)
	spec.Given(registered).When(RecordEligibility{byFocal, programme, 0, nil}).Refused(domain.ErrRange)
	spec.Given(registered).When(RecordEligibility{byFocal, programme, 2, []Rule{"Too young"}}).Refused(domain.ErrFormat)
}

func TestConsent(t *testing.T) {
	spec := decider.For(t, Decider)
	withdrawn := ConsentWithdrawn{consentID, ShareWithHost, host, "", need, at}
	spec.Given(registered).When(GiveConsent{stamp, consent}).Then(given)
	spec.Given(registered, given).When(GiveConsent{stamp, consent}).ThenNothing()
	spec.Given(registered, given, withdrawn).When(GiveConsent{stamp, consent}).Refused(ErrConsentTaken)
	spec.Given(registered, given).When(WithdrawConsent{stamp, consentID}).Then(withdrawn)
	spec.Given(registered, given, withdrawn).When(WithdrawConsent{stamp, consentID}).ThenNothing()
	spec.Given(registered).When(WithdrawConsent{stamp, consentID}).Refused(ErrNoConsent)

	for name, tc := range map[string]struct {
		change func(*Consent)
		want   error
	}{
		"ends in the past":         {func(c *Consent) { c.Until = today.AddDays(-1) }, ErrConsentEnds},
		"has no end":               {func(c *Consent) { c.Until = 0 }, ErrConsentEnds},
		"ends too late":            {func(c *Consent) { c.Until = today.AddDays(MaxConsentDays + 1) }, ErrConsentEnds},
		"names no need":            {func(c *Consent) { c.Need = "" }, domain.ErrRequired},
		"names no institution":     {func(c *Consent) { c.Institution = "" }, domain.ErrRequired},
		"names no programme":       {func(c *Consent) { c.Purpose = ShareWithProgramme }, domain.ErrRequired},
		"has an unlisted purpose":  {func(c *Consent) { c.Purpose = "advertising" }, domain.ErrUnknown},
		"rests on no text":         {func(c *Consent) { c.TextHash = "" }, domain.ErrFormat},
		"was shown in no language": {func(c *Consent) { c.Language = "" }, domain.ErrFormat},
	} {
		c := consent
		tc.change(&c)
		if _, err := Decider.Decide(Decider.Fold(State{}, registered), GiveConsent{stamp, c}); !errors.Is(err, tc.want) {
			t.Errorf("a consent that %s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestSharingNeedsAStandingConsentForThatNeed(t *testing.T) {
	s := Decider.Fold(State{}, registered, given)
	if c, ok := s.MayShare(host, need, consent.Until); !ok || c.ID != consentID {
		t.Errorf("on its last day: %+v, %v", c, ok)
	}
	if _, ok := s.MayShare(host, need, consent.Until.AddDays(1)); ok {
		t.Error("shares after the end")
	}
	if _, ok := s.MayShare(host, "another", today); ok {
		t.Error("shares for another need")
	}
	if _, ok := s.MayShare("another", need, today); ok {
		t.Error("shares with another institution")
	}
	s = Decider.Fold(s, ConsentWithdrawn{consentID, ShareWithHost, host, "", need, at})
	if _, ok := s.MayShare(host, need, today); ok {
		t.Error("shares after withdrawal")
	}
}

// A withdrawal without a time, as a careless import would write it, is one too.
func TestAWithdrawalNeedsNoTime(t *testing.T) {
	timeless := ConsentWithdrawn{Consent: consentID, Purpose: ShareWithHost}
	decider.For(t, Decider).Given(registered, given, timeless).When(WithdrawConsent{stamp, consentID}).ThenNothing()
	if _, ok := Decider.Fold(State{}, registered, given, timeless).MayShare(host, need, today); ok {
		t.Error("shares after withdrawal")
	}
}

func TestConflictOfInterest(t *testing.T) {
	spec := decider.For(t, Decider)
	declared := ConflictDeclared{[]domain.InstitutionID{host}}
	spec.Given(registered).When(DeclareConflict{stamp, []domain.InstitutionID{host}}).Then(declared)
	spec.Given(registered, declared).When(DeclareConflict{stamp, []domain.InstitutionID{host}}).ThenNothing()
	spec.Given(registered, declared).When(DeclareConflict{stamp, nil}).Then(ConflictDeclared{})
	spec.Given(registered).When(DeclareConflict{stamp, nil}).ThenNothing()
	spec.Given(registered).When(DeclareConflict{stamp, []domain.InstitutionID{host, host}}).Refused(domain.ErrTwice)
	spec.Given(registered).When(DeclareConflict{stamp, []domain.InstitutionID{"hospital"}}).Refused(domain.ErrFormat)
}
