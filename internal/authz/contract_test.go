package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
)

// contract is the table of the privacy contract, in its own words. The test
// below reads it: a change of policy begins here.
const contract = `
| | own profile | others' matching profile | others' personal data | protected data | needs | candidacies and assignments | grants | audit |
|---|---|---|---|---|---|---|---|---|
| expert | read, write | – | – | own | published ones | own | – | own disclosures |
| host officer | own | candidates of own needs | only after consent to that institution | – | own institution | own institution | – | own institution |
| focal point (mission) | own | own country | own country, purpose-bound, logged | – | own country | own country: recommend | – | own country |
| programme manager | own | own programmes | own programmes, purpose-bound, logged | – without a time-boxed grant | own programmes | own programmes: approve | – | own programmes |
| administrator | own | – | – | – | – | – | read, write | – |
| evaluator, auditor | – | pseudonymous | – | – | pseudonymous | pseudonymous | read | read |
`

// beyond holds what the contract leaves to us: places without personal data,
// and what everybody has of their own.
const beyond = `
| | vocabulary | vacancies | institutions | proposals | programmes | figures | own records |
|---|---|---|---|---|---|---|---|
| expert | any | published ones | any | any | – | – | own |
| host officer | any | published ones, own institution | any | any | – | – | own |
| focal point (mission) | any | published ones, own country | any | any | any in own country | – | own |
| programme manager | any | published ones, own programmes | any | any | own programmes | own programmes | own |
| administrator | any | published ones | any | any | any | – | own |
| evaluator, auditor | any | published ones, pseudonymous | any | any | pseudonymous | pseudonymous | own |
`

var roleOf = map[string]domain.Role{
	"expert": domain.RoleExpert, "host officer": domain.RoleHost, "focal point (mission)": domain.RoleFocalPoint,
	"programme manager": domain.RoleManager, "administrator": domain.RoleAdministrator, "evaluator, auditor": domain.RoleEvaluator,
}

// The grants of one principal of each role, and where objects lie beside them.
const me domain.PrincipalID = "me"

var (
	ownProfile = Grant{domain.RoleExpert, domain.Scope{Expert: "mine"}}
	grantOf    = map[domain.Role]Grant{
		domain.RoleExpert:        ownProfile,
		domain.RoleHost:          {domain.RoleHost, domain.Scope{Institution: "hospital"}},
		domain.RoleFocalPoint:    {domain.RoleFocalPoint, domain.Scope{Programme: "health", Country: "SO"}},
		domain.RoleManager:       {domain.RoleManager, domain.Scope{Programme: "health"}},
		domain.RoleAdministrator: {Role: domain.RoleAdministrator},
		domain.RoleEvaluator:     {domain.RoleEvaluator, domain.Scope{Programme: "health"}},
	}
	away = domain.Scope{Programme: "elsewhere", Country: "MA", Institution: "stranger", Expert: "other"}
)

// objects are one object for each way of standing to it. All but the last word
// of each is as far away as can be, so that only this one relation lets in.
var objects = map[string]Object{
	"own":               {Scope: domain.Scope{Programme: "elsewhere", Country: "MA", Institution: "stranger", Expert: "mine"}, Principal: me},
	"own institution":   {Scope: domain.Scope{Programme: "health", Country: "SO", Institution: "hospital", Expert: "other"}},
	"other institution": {Scope: domain.Scope{Programme: "health", Country: "SO", Institution: "university", Expert: "other"}},
	"other country":     {Scope: domain.Scope{Programme: "health", Country: "IQ", Institution: "clinic", Expert: "other"}},
	"other programme":   {Scope: domain.Scope{Programme: "water", Country: "SO", Institution: "utility", Expert: "other"}},
	"several places":    {Scope: domain.Scope{Expert: "other"}, Programmes: []domain.ProgrammeID{"water", "health"}, Countries: []domain.Country{"IQ", "SO"}},
	"candidate":         {Scope: away, Candidate: []domain.InstitutionID{"stranger", "hospital"}},
	"consented":         {Scope: away, Consented: []domain.InstitutionID{"stranger", "hospital"}},
	"published":         {Scope: away, Published: true},
	"stranger":          {Scope: away, Principal: "somebody", Candidate: []domain.InstitutionID{"stranger"}, Consented: []domain.InstitutionID{"stranger"}},
}

// everywhere lists every relation.
var everywhere = slices.Sorted(maps.Keys(objects))

// phrases say to which objects the words of a cell let in.
var phrases = map[string][]string{
	"–":                                      {},
	"– without a time-boxed grant":           {}, // a time-boxed grant is a grant of another role
	"read, write":                            {"own"},
	"own":                                    {"own"},
	"own disclosures":                        {"own"},
	"published ones":                         {"published"},
	"candidates of own needs":                {"candidate"},
	"only after consent to that institution": {"consented"},
	"own institution":                        {"own institution"},
	"own country":                            {"own institution", "other institution", "several places"},
	"any in own country":                     {"own institution", "other institution", "several places"},
	"own programmes":                         {"own institution", "other institution", "other country", "several places"},
	"pseudonymous":                           {"own institution", "other institution", "other country", "several places"},
	"read":                                   {"own institution", "other institution", "other country", "several places"},
	"purpose-bound":                          {},
	"logged":                                 {},
	"any":                                    everywhere,
}

// cell is what a role may see in a column.
type cell struct {
	text      string
	relations map[string]bool
	duty      string // "recommend", "approve"
	logged    bool
}

func parse(t *testing.T, table string) map[string]map[domain.Role]cell {
	t.Helper()
	split := func(line string) []string {
		parts := strings.Split(strings.Trim(line, "| "), "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts
	}
	lines := strings.Split(strings.TrimSpace(table), "\n")
	columns := split(strings.TrimPrefix(lines[0], "| |"))
	parsed := map[string]map[domain.Role]cell{}
	for _, line := range lines[2:] {
		parts := split(line)
		role, known := roleOf[parts[0]]
		if !known || len(parts) != len(columns)+1 {
			t.Fatalf("the row %q has %d cells for %d columns", parts[0], len(parts)-1, len(columns))
		}
		for i, column := range columns {
			if parsed[column] == nil {
				parsed[column] = map[domain.Role]cell{}
			}
			parsed[column][role] = parseCell(t, column, parts[i+1])
		}
	}
	return parsed
}

func parseCell(t *testing.T, column, text string) cell {
	t.Helper()
	c := cell{text: text, relations: map[string]bool{}}
	words, duty, _ := strings.Cut(text, ": ")
	c.duty = duty
	// Consent is to seeing; each look is recorded where the person sees it.
	c.logged = strings.Contains(text, "logged") || strings.Contains(text, "consent")
	read := strings.Split(words, ", ")
	if _, whole := phrases[words]; whole {
		read = []string{words}
	}
	for _, phrase := range read {
		relations, known := phrases[phrase]
		if !known {
			t.Fatalf("the cell %q of the column %q says %q, which nobody understands", text, column, phrase)
		}
		if column == "grants" && phrase == "read, write" {
			relations = everywhere
		}
		for _, r := range relations {
			c.relations[r] = true
		}
	}
	return c
}

// operation is something that one does in a column. By names the roles that
// have this task; nobody named is everybody whose cell lets them in. A duty must
// stand in the cell.
type operation struct {
	column  string
	name    string
	duty    string
	by      []domain.Role
	actions []Action
}

const (
	expertRole = domain.RoleExpert
	hostRole   = domain.RoleHost
	focalRole  = domain.RoleFocalPoint
	manager    = domain.RoleManager
	adminRole  = domain.RoleAdministrator
	evaluators = domain.RoleEvaluator
)

func by(roles ...domain.Role) []domain.Role { return roles }

var operations = []operation{
	{"own profile", "read", "", nil, []Action{ReadProfile, ReadIdentity}},
	{"own profile", "write", "", nil, []Action{
		"expert.DeclareIdentity", "expert.DeclareMotivation", "expert.DeclareCV", "expert.DeclareSkills",
		"expert.WithdrawSkills", "expert.DeclareLanguages", "expert.WithdrawLanguages", "expert.DeclareEducation",
		"expert.DeclareExperience", "expert.DeclareOccupation", "expert.DeclareResidence", "expert.DeclareAvailability",
		"expert.DeclarePreferences", "expert.DeclareTransfer", "expert.DeclareReferences", "expert.WithdrawPart",
		"expert.DeclareHeritage", "expert.WithdrawHeritage", "expert.GiveConsent", "expert.WithdrawConsent",
		"expert.DeclareConflict", "expert.Reconfirm", "expert.RequestErasure"}},
	{"own profile", "find needs", "", nil, []Action{RankNeeds, ReadVerdict, ReadStanding}},

	{"others' matching profile", "read", "", nil, []Action{ReadProfile}},
	{"others' matching profile", "rank", "", by(focalRole, manager), []Action{RankExperts, RankNeeds}},
	{"others' matching profile", "explain", "", by(hostRole, focalRole, manager), []Action{ReadVerdict}},
	{"others' matching profile", "check heritage", "", by(focalRole, manager), []Action{"expert.CheckHeritage", "expert.RefuseHeritage"}},
	{"others' matching profile", "judge", "", by(manager), []Action{"expert.RecordEligibility", "expert.Suspend", "expert.Reinstate", "expert.LinkPrincipal"}},

	{"others' matching profile", "ask what a round did", "", by(hostRole, manager), []Action{ReadStanding}},

	{"others' personal data", "read", "", nil, []Action{ReadIdentity}},
	{"protected data", "read", "", nil, []Action{ReadProtected}},

	{"needs", "read", "", by(hostRole, focalRole, manager, evaluators), []Action{ReadNeed}},
	{"needs", "write", "", by(hostRole, focalRole, manager), []Action{"need.Draft", "need.Revise", "need.Submit", "need.Cancel"}},
	{"needs", "ask what a seat was worth in a round", "", by(hostRole, manager), []Action{ReadSeatWorth}},
	{"needs", "look after", "", by(focalRole, manager), []Action{"need.Return", "need.Pause", "need.Resume"}},
	{"needs", "open to all", "", by(manager), []Action{"need.Approve", "need.Publish", "need.ChangePublicText", "need.Close"}},

	{"candidacies and assignments", "read", "", nil, []Action{ReadCandidacy, ReadAssignment}},
	{"candidacies and assignments", "decide for oneself", "", by(expertRole), []Action{
		"candidacy.Apply", "candidacy.AgreeToNomination", "candidacy.GiveConsent", "candidacy.WithdrawConsent",
		"candidacy.Withdraw", "candidacy.AcceptOffer", "candidacy.DeclineOffer"}},
	{"candidacies and assignments", "decide for the host", "", by(hostRole), []Action{"candidacy.HostDecide"}},
	{"candidacies and assignments", "recommend", "recommend", nil, []Action{"candidacy.Recommend"}},
	{"candidacies and assignments", "approve", "approve", nil, []Action{"candidacy.Approve", "candidacy.Refuse", "candidacy.MakeOffer", "candidacy.Supersede"}},
	{"candidacies and assignments", "approve in rounds", "approve", nil, []Action{
		"round.Open", "round.Lock", "round.Veto", "round.Unlock", "round.SetQuota", "round.DropQuota", "round.SetSeats",
		"round.Solve", "round.ApproveProposal", "round.RefuseProposal", "round.Close", "round.Cancel"}},
	{"candidacies and assignments", "put forward", "", by(hostRole, focalRole, manager), []Action{
		"candidacy.Nominate", "candidacy.Shortlist", "candidacy.RecordInterview"}},
	{"candidacies and assignments", "carry between the sides", "", by(focalRole, manager), []Action{
		"candidacy.Suggest", "candidacy.ShareWithHost", "candidacy.PlaceInReserve", "candidacy.CallFromReserve"}},
	{"candidacies and assignments", "agree on the work", "", by(expertRole, hostRole), []Action{"assignment.AgreeWorkPlan"}},
	{"candidacies and assignments", "take part", "", by(expertRole, hostRole, focalRole, manager), []Action{
		"assignment.ProposeWorkPlan", "assignment.CheckIn", "assignment.LogActivity", "assignment.SubmitReport",
		"assignment.ProposeFollowUp", "assignment.AnswerEvaluation"}},
	{"candidacies and assignments", "read reports of others", "", by(hostRole, focalRole, manager), []Action{
		"assignment.AcceptReport", "assignment.ReturnReport"}},
	{"candidacies and assignments", "prepare and accompany", "", by(focalRole, manager), []Action{
		"assignment.RecordAgreement", "assignment.CompleteItem", "assignment.WaiveItem", "assignment.Start",
		"assignment.Suspend", "assignment.Resume", "assignment.Complete", "assignment.LinkFollowUp"}},
	{"candidacies and assignments", "change or end", "", by(manager), []Action{
		"assignment.SwitchModality", "assignment.Extend", "assignment.Terminate", "assignment.Close"}},

	{"grants", "read", "", nil, []Action{ReadGrants}},
	{"grants", "write", "", by(adminRole), []Action{"access.Grant", "access.Revoke", "access.EndSessions"}},
	{"audit", "history", "", by(hostRole, focalRole, manager, evaluators), []Action{ReadHistory}},
	{"audit", "what deciders were shown", "", by(focalRole, manager, evaluators), []Action{ReadRankings}},
	{"audit", "who read a person's data", "", by(expertRole, evaluators), []Action{ReadDisclosures}},

	{"vocabulary", "read", "", nil, []Action{ReadOpen, ReadViewer}},
	{"vacancies", "read", "", nil, []Action{ReadPublicNeed}},
	{"institutions", "read", "", nil, []Action{ReadInstitution}},
	{"proposals", "propose", "", nil, []Action{"institution.Propose"}},
	{"needs", "describe the host", "", by(hostRole, focalRole, manager), []Action{
		"institution.Describe", "institution.Resubmit", "institution.AddUnit", "institution.RenameUnit",
		"institution.RetireUnit", "institution.NameHostContact", "institution.RemoveHostContact",
		"institution.DescribeConnectivity", "institution.RecordPlanItem", "institution.DropPlanItem",
		"institution.AddLinkage", "institution.EndLinkage"}},
	{"needs", "accompany the host", "", by(focalRole, manager), []Action{
		"institution.SetCapacity", "institution.NameMissionFocalPoint", "institution.RemoveMissionFocalPoint"}},
	{"needs", "admit the host", "", by(manager), []Action{
		"institution.Approve", "institution.Return", "institution.Refuse", "institution.Suspend",
		"institution.Resume", "institution.Close"}},
	{"programmes", "read", "", nil, []Action{ReadProgramme}},
	{"programmes", "rule", "", by(manager, adminRole), []Action{
		"programme.Rename", "programme.SetSectors", "programme.SetCountry", "programme.RemoveCountry",
		"programme.PublishScope", "programme.PublishEligibility", "programme.PublishScoring",
		"programme.SetDeadlines", "programme.PlaceCountryHold", "programme.LiftCountryHold"}},
	{"programmes", "open and close", "", by(adminRole), []Action{"programme.Open", "programme.Close"}},
	{"figures", "read", "", nil, []Action{ReadDashboard, ReadFairness, ReadRound}},
	{"own records", "read", "", nil, []Action{ReadNotices}},
}

// expected is what the contract says of one combination. An action may stand in
// two columns, such as reading a profile, one's own or another's: what a role may
// in one it may.
func expected(cells map[string]map[domain.Role]cell, role domain.Role, action Action, relation string) (allowed, logged bool) {
	for _, op := range operations {
		if !slices.Contains(op.actions, action) || len(op.by) > 0 && !slices.Contains(op.by, role) {
			continue
		}
		c := cells[op.column][role]
		if c.relations[relation] && (op.duty == "" || op.duty == c.duty) {
			return true, c.logged
		}
	}
	return false, false
}

// also lists what the words of the contract do not say, each with its because.
var also = map[string]bool{
	// Requests to be forgotten come by letter too; asking reveals nothing.
	"administrator/expert.RequestErasure/*": true,
	// Everybody sees which grants they hold: the first thing a console asks.
	"*/read.grants/own": true,
}

func granted(role domain.Role, action Action, relation string) bool {
	return also[fmt.Sprintf("%s/%s/*", role, action)] || also[fmt.Sprintf("*/%s/%s", action, relation)]
}

// TestTheContractHoldsForEveryRoleRelationAndOperation generates each
// combination from the contract and compares the answers.
func TestTheContractHoldsForEveryRoleRelationAndOperation(t *testing.T) {
	cells := parse(t, contract)
	maps.Copy(cells, parse(t, beyond))
	actions := map[Action]bool{}
	for _, op := range operations {
		if cells[op.column] == nil {
			t.Fatalf("no column %q", op.column)
		}
		for _, a := range op.actions {
			actions[a] = true
		}
	}
	asked := 0
	for _, role := range domain.Roles {
		for _, action := range slices.Sorted(maps.Keys(actions)) {
			for _, relation := range everywhere {
				p := Principal{ID: me, Grants: []Grant{grantOf[role]}}
				allowed, logged := expected(cells, role, action, relation)
				if ownAction(action, relation) && cells["own profile"][role].relations["own"] {
					// "own" in another role's row: the same person is registered as an expert too.
					p.Grants = append(p.Grants, ownProfile)
				}
				allowed = allowed || granted(role, action, relation)
				got := p.Decide(action, objects[relation])
				asked++
				if got.Allowed != allowed {
					t.Errorf("%s, %s, object %q: allowed is %v, the contract says %v", role, action, relation, got.Allowed, allowed)
					continue
				}
				if got.Logged != (allowed && logged) {
					t.Errorf("%s, %s, object %q: logged is %v, the contract says %v", role, action, relation, got.Logged, logged)
				}
				if allowed && got.Pseudonymous && role != domain.RoleEvaluator {
					t.Errorf("%s, %s, object %q: pseudonymous is for evaluators", role, action, relation)
				}
			}
		}
	}
	t.Logf("%d combinations asked", asked)
}

// ownAction reports whether an action belongs to the column of the own profile.
func ownAction(action Action, relation string) bool {
	return relation == "own" && slices.ContainsFunc(operations, func(op operation) bool {
		return op.column == "own profile" && slices.Contains(op.actions, action)
	})
}

// TestTheContractHasNoHole demands that the combinations above cover the whole
// table, besides the one action that has a test of its own.
func TestTheContractHasNoHole(t *testing.T) {
	covered := map[Action]bool{"expert.Register": true}
	for _, op := range operations {
		for _, a := range op.actions {
			covered[a] = true
			if _, known := table[a]; !known {
				t.Errorf("%s is in no entry of the table", a)
			}
		}
	}
	for a := range table {
		if !covered[a] {
			t.Errorf("no row of the contract speaks of %s", a)
		}
	}
	for _, a := range Reads {
		if !covered[a] {
			t.Errorf("the read %s is not in the contract", a)
		}
	}
}

func TestEvaluatorsSeeNoLinkToAPerson(t *testing.T) {
	p := Principal{ID: me, Grants: []Grant{grantOf[domain.RoleEvaluator]}}
	for _, action := range []Action{ReadProfile, ReadNeed, ReadCandidacy, ReadAssignment, ReadHistory} {
		if d := p.Decide(action, objects["own institution"]); !d.Allowed || !d.Pseudonymous {
			t.Errorf("%s: %+v", action, d)
		}
	}
	for action := range table {
		if d := p.Decide(action, objects["own institution"]); d.As == domain.RoleEvaluator && !slices.Contains(Reads, action) && action != "institution.Propose" {
			t.Errorf("an evaluator changes things by %s", action)
		}
	}
}

func TestWhoMayRegisterWhom(t *testing.T) {
	self, other := Object{Principal: me}, objects["other institution"]
	for _, c := range []struct {
		name   string
		grants []Grant
		object Object
		want   bool
	}{
		{"a newcomer themself", nil, self, true},
		{"a newcomer somebody else", nil, other, false},
		{"an expert once more", []Grant{ownProfile}, self, false},
		{"a host officer themself", []Grant{grantOf[hostRole]}, self, true},
		{"a host officer somebody else", []Grant{grantOf[hostRole]}, objects["own institution"], false},
		{"a focal point somebody of the country", []Grant{grantOf[focalRole]}, other, true},
		{"a focal point somebody of another country", []Grant{grantOf[focalRole]}, objects["other country"], false},
		{"a manager somebody of the programme", []Grant{grantOf[manager]}, other, true},
		{"a manager somebody of another programme", []Grant{grantOf[manager]}, objects["other programme"], false},
		{"an administrator somebody else", []Grant{grantOf[adminRole]}, other, false},
		{"an evaluator themself", []Grant{grantOf[evaluators]}, self, false},
	} {
		p := Principal{ID: me, Grants: c.grants}
		if got := p.Decide("expert.Register", c.object).Allowed; got != c.want {
			t.Errorf("%s: allowed is %v", c.name, got)
		}
	}
}

func TestGrantsWithoutAProgrammeReachAllOfThem(t *testing.T) {
	focal := Principal{ID: me, Grants: []Grant{{domain.RoleFocalPoint, domain.Scope{Country: "SO"}}}}
	auditor := Principal{ID: me, Grants: []Grant{{Role: domain.RoleEvaluator}}}
	if !focal.Decide(ReadNeed, objects["other programme"]).Allowed || focal.Decide(ReadNeed, objects["other country"]).Allowed {
		t.Error("a focal point of a country sees that country, in every programme")
	}
	if !auditor.Decide(ReadNeed, objects["stranger"]).Allowed {
		t.Error("an evaluator without bounds sees everything, pseudonymously")
	}
	for role, g := range grantOf {
		if role == domain.RoleAdministrator || role == domain.RoleEvaluator {
			continue
		}
		p := Principal{ID: me, Grants: []Grant{{Role: g.Role}}}
		for _, o := range objects {
			if d := p.Decide(ReadNeed, o); d.Allowed {
				t.Errorf("%s without a scope reads needs", role)
			}
			if d := p.Decide(ReadIdentity, o); d.Allowed {
				t.Errorf("%s without a scope reads names", role)
			}
		}
	}
	// An object that names nothing is nobody's.
	for role, g := range grantOf {
		for _, bound := range []Grant{g, {Role: role}} {
			if d := (Principal{ID: me, Grants: []Grant{bound}}).Decide(ReadIdentity, Object{}); d.Allowed {
				t.Errorf("%s reads an object without a place by the grant %+v", role, bound)
			}
		}
	}
}

func TestThePlatformAndStrangers(t *testing.T) {
	everything := objects["own"]
	for action := range table {
		if !System("platform").Decide(action, everything).Allowed {
			t.Errorf("the platform may not %s", action)
		}
		if (Principal{}).Decide(action, everything).Allowed {
			t.Errorf("somebody who is not signed in may %s", action)
		}
	}
	all := Principal{ID: me, Grants: slices.Collect(maps.Values(grantOf))}
	for action := range systemOnly {
		if !System("platform").Decide(action, everything).Allowed {
			t.Errorf("the platform may not %s", action)
		}
		for relation, o := range objects {
			if all.Decide(action, o).Allowed {
				t.Errorf("a person may %s, object %q", action, relation)
			}
		}
	}
	for _, p := range []Principal{System("platform"), all} {
		if p.Decide("need.Steal", everything).Allowed || Known("need.Steal") {
			t.Error("an action that nobody knows is allowed")
		}
	}
}

func TestActingInOneRoleUsesNoOther(t *testing.T) {
	p := Principal{ID: me, Grants: []Grant{grantOf[hostRole], grantOf[manager]}}
	o := objects["own institution"]
	if d := p.DecideAs(hostRole, "candidacy.Approve", o); d.Allowed {
		t.Errorf("a manager who acts as a host officer approves: %+v", d)
	}
	if d := p.DecideAs(manager, "candidacy.Approve", o); !d.Allowed || d.As != manager {
		t.Errorf("a manager does not approve: %+v", d)
	}
	if d := p.DecideAs(manager, "candidacy.HostDecide", o); d.Allowed {
		t.Errorf("a manager decides for the host: %+v", d)
	}
	if d := p.Decide("candidacy.HostDecide", o); !d.Allowed || d.As != hostRole {
		t.Errorf("a host officer does not decide: %+v", d)
	}
}
