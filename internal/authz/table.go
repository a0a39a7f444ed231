package authz

import "github.com/diaspora-match/diaspora/domain"

// Rule lets a role in when a relation holds.
type Rule struct {
	Role     domain.Role
	Relation Relation
	// Logged: the read is recorded as a disclosure that the person can see.
	Logged bool
}

// The people of the privacy contract, each with the relation that lets them in.
var (
	self       = Rule{Role: domain.RoleExpert, Relation: Self}
	newcomer   = Rule{Role: anyone, Relation: Newcomer}
	ownRecord  = Rule{Role: anyone, Relation: OwnRecord}
	host       = Rule{Role: domain.RoleHost, Relation: OwnHost}
	focal      = Rule{Role: domain.RoleFocalPoint, Relation: OwnCountry}
	programmer = Rule{Role: domain.RoleManager, Relation: OwnProgramme}
	admin      = Rule{Role: domain.RoleAdministrator, Relation: Always}
	evaluator  = Rule{Role: domain.RoleEvaluator, Relation: InScope}
	everyone   = Rule{Role: anyone, Relation: Always}
)

func logged(r Rule) Rule { r.Logged = true; return r }

func rules(rs ...Rule) []Rule { return rs }

// table is the whole policy: for each action, who may and how they must stand
// to the object, nearest relation first. What is not here nobody may.
var table = map[Action][]Rule{}

// systemOnly are commands of processes and of the operator's command line.
var systemOnly = map[Action]bool{}

// allow enters the same rules for several actions; an action has one entry.
func allow(rs []Rule, actions ...Action) {
	for _, a := range actions {
		if _, twice := table[a]; twice || systemOnly[a] {
			panic("authz: two entries for " + string(a))
		}
		table[a] = rs
	}
}

func reserve(actions ...Action) {
	for _, a := range actions {
		if _, twice := table[a]; twice || systemOnly[a] {
			panic("authz: two entries for " + string(a))
		}
		systemOnly[a] = true
	}
}

// Known reports whether the policy speaks of the action: somebody may take it,
// or the platform alone. Nobody may take an action that it does not know.
func Known(a Action) bool {
	_, named := table[a]
	return named || systemOnly[a]
}

// Reads, as GraphQL names them in its @rule directives.
const (
	ReadOpen        Action = "read.open"        // programme, sectors, skills: open to all who sign in
	ReadViewer      Action = "read.viewer"      // who am I
	ReadProfile     Action = "read.profile"     // the pseudonymous matching profile
	ReadIdentity    Action = "read.identity"    // name, contact, texts of a person
	ReadProtected   Action = "read.protected"   // risk flags and travel
	ReadNeed        Action = "read.need"        // the Terms of Reference
	ReadPublicNeed  Action = "read.need.public" // the published text
	ReadInstitution Action = "read.institution"
	ReadCandidacy   Action = "read.candidacy"
	ReadAssignment  Action = "read.assignment"
	ReadProgramme   Action = "read.programme" // rules, policies, holds
	ReadDashboard   Action = "read.dashboard"
	ReadFairness    Action = "read.fairness"    // how evenly chances fall in a programme
	ReadHistory     Action = "read.history"     // audit of one object
	ReadRankings    Action = "read.rankings"    // what deciders were shown of a need
	ReadDisclosures Action = "read.disclosures" // who read a person's data
	ReadNotices     Action = "read.notices"
	ReadGrants      Action = "read.grants"
	RankExperts     Action = "rank.experts"   // experts for a need
	RankNeeds       Action = "rank.needs"     // needs for an expert
	ReadVerdict     Action = "read.verdict"   // one expert and one need, explained
	ReadRound       Action = "read.round"     // a round with its plans, figures and pairs
	ReadStanding    Action = "read.standing"  // why a round did not propose one expert for one need
	ReadSeatWorth   Action = "read.seatworth" // what one more seat of a need was worth in a round
)

// Reads lists every read, for the test that walks the table.
var Reads = []Action{
	ReadOpen, ReadViewer, ReadProfile, ReadIdentity, ReadProtected, ReadNeed, ReadPublicNeed, ReadInstitution,
	ReadCandidacy, ReadAssignment, ReadProgramme, ReadDashboard, ReadFairness, ReadHistory, ReadRankings, ReadDisclosures, ReadNotices,
	ReadGrants, RankExperts, RankNeeds, ReadVerdict, ReadRound, ReadStanding, ReadSeatWorth,
}

func init() {
	candidateHost := Rule{Role: domain.RoleHost, Relation: OfCandidate}
	consentedHost := Rule{Role: domain.RoleHost, Relation: OfConsent}
	publicReader := Rule{Role: anyone, Relation: Published}

	allow(rules(everyone), ReadOpen, ReadViewer)
	allow(rules(self, candidateHost, focal, programmer, evaluator), ReadProfile)
	allow(rules(self, logged(consentedHost), logged(focal), logged(programmer)), ReadIdentity)
	allow(rules(self), ReadProtected)
	allow(rules(host, focal, programmer, evaluator), ReadNeed)
	allow(rules(publicReader, host, focal, programmer, evaluator), ReadPublicNeed)
	allow(rules(everyone), ReadInstitution)
	allow(rules(self, host, focal, programmer, evaluator), ReadCandidacy, ReadAssignment)
	allow(rules(focal, programmer, admin, evaluator), ReadProgramme)
	allow(rules(programmer, evaluator), ReadDashboard, ReadFairness, ReadRound)
	allow(rules(host, focal, programmer, evaluator), ReadHistory)
	allow(rules(focal, programmer, evaluator), ReadRankings)
	allow(rules(self, evaluator), ReadDisclosures)
	allow(rules(ownRecord), ReadNotices)
	allow(rules(ownRecord, admin, evaluator), ReadGrants)
	allow(rules(focal, programmer), RankExperts)
	allow(rules(self, focal, programmer), RankNeeds)
	allow(rules(self, candidateHost, focal, programmer), ReadVerdict)
	allow(rules(self, candidateHost, programmer), ReadStanding)
	allow(rules(host, programmer), ReadSeatWorth)

	programmeCommands()
	expertCommands()
	institutionCommands()
	needCommands()
	candidacyCommands()
	assignmentCommands()
	roundCommands()

	allow(rules(admin), "access.Grant", "access.Revoke", "access.EndSessions")
	reserve("disclosure.Record", "ranking.Show")
}

func programmeCommands() {
	allow(rules(admin), "programme.Open", "programme.Close")
	allow(rules(programmer, admin), "programme.Rename", "programme.SetSectors", "programme.SetCountry",
		"programme.RemoveCountry", "programme.PublishScope", "programme.PublishEligibility",
		"programme.PublishScoring", "programme.SetDeadlines", "programme.PlaceCountryHold", "programme.LiftCountryHold")
}

func expertCommands() {
	allow(rules(newcomer, focal, programmer), "expert.Register")
	allow(rules(self), "expert.DeclareIdentity", "expert.DeclareMotivation", "expert.DeclareCV",
		"expert.DeclareSkills", "expert.WithdrawSkills", "expert.DeclareLanguages", "expert.WithdrawLanguages",
		"expert.DeclareEducation", "expert.DeclareExperience", "expert.DeclareOccupation", "expert.DeclareResidence",
		"expert.DeclareAvailability", "expert.DeclarePreferences", "expert.DeclareTransfer",
		"expert.DeclareReferences", "expert.WithdrawPart", "expert.DeclareHeritage", "expert.WithdrawHeritage",
		"expert.GiveConsent", "expert.WithdrawConsent", "expert.DeclareConflict", "expert.Reconfirm")
	allow(rules(self, admin), "expert.RequestErasure")
	allow(rules(focal, programmer), "expert.CheckHeritage", "expert.RefuseHeritage")
	allow(rules(programmer), "expert.RecordEligibility", "expert.Suspend", "expert.Reinstate", "expert.LinkPrincipal")
	reserve("expert.MakeDormant", "expert.Book", "expert.Rebook", "expert.Release",
		"expert.RecordService", "expert.CompleteErasure")
}

func institutionCommands() {
	allow(rules(everyone), "institution.Propose") // and its proposer becomes its officer
	allow(rules(host, focal, programmer), "institution.Describe", "institution.Resubmit", "institution.AddUnit",
		"institution.RenameUnit", "institution.RetireUnit", "institution.NameHostContact",
		"institution.RemoveHostContact", "institution.DescribeConnectivity", "institution.RecordPlanItem",
		"institution.DropPlanItem", "institution.AddLinkage", "institution.EndLinkage")
	allow(rules(focal, programmer), "institution.SetCapacity", "institution.NameMissionFocalPoint",
		"institution.RemoveMissionFocalPoint")
	allow(rules(programmer), "institution.Approve", "institution.Return", "institution.Refuse",
		"institution.Suspend", "institution.Resume", "institution.Close")
}

func needCommands() {
	allow(rules(host, focal, programmer), "need.Draft", "need.Revise", "need.Submit", "need.Cancel")
	allow(rules(focal, programmer), "need.Return", "need.Pause", "need.Resume")
	allow(rules(programmer), "need.Approve", "need.Publish", "need.ChangePublicText", "need.Close")
	reserve("need.AllocateSeat", "need.ReleaseSeat", "need.Expire")
}

func candidacyCommands() {
	allow(rules(self), "candidacy.Apply", "candidacy.AgreeToNomination", "candidacy.GiveConsent",
		"candidacy.WithdrawConsent", "candidacy.Withdraw", "candidacy.AcceptOffer", "candidacy.DeclineOffer")
	allow(rules(host, focal, programmer), "candidacy.Nominate", "candidacy.Shortlist", "candidacy.RecordInterview")
	allow(rules(focal, programmer), "candidacy.Suggest", "candidacy.ShareWithHost", "candidacy.PlaceInReserve",
		"candidacy.CallFromReserve")
	allow(rules(host), "candidacy.HostDecide")
	allow(rules(focal), "candidacy.Recommend")
	allow(rules(programmer), "candidacy.Approve", "candidacy.Refuse", "candidacy.MakeOffer", "candidacy.Supersede")
	reserve("candidacy.RemindHost", "candidacy.ExpireHostDecision", "candidacy.ConfirmApproval",
		"candidacy.FailApproval", "candidacy.CloseWithNotice")
}

func assignmentCommands() {
	allow(rules(self, host), "assignment.AgreeWorkPlan")
	allow(rules(self, host, focal, programmer), "assignment.ProposeWorkPlan", "assignment.CheckIn",
		"assignment.LogActivity", "assignment.SubmitReport", "assignment.ProposeFollowUp", "assignment.AnswerEvaluation")
	allow(rules(focal, programmer), "assignment.RecordAgreement", "assignment.CompleteItem", "assignment.WaiveItem",
		"assignment.Start", "assignment.Suspend", "assignment.Resume", "assignment.Complete", "assignment.LinkFollowUp")
	allow(rules(host, focal, programmer), "assignment.AcceptReport", "assignment.ReturnReport")
	allow(rules(programmer), "assignment.SwitchModality", "assignment.Extend", "assignment.Terminate", "assignment.Close")
	reserve("assignment.Plan", "assignment.UndoExtension")
}

func roundCommands() {
	allow(rules(programmer), "round.Open", "round.Lock", "round.Veto", "round.Unlock", "round.SetQuota", "round.DropQuota",
		"round.SetSeats", "round.Solve", "round.ApproveProposal", "round.RefuseProposal", "round.Close", "round.Cancel")
	reserve("round.RecordSolution", "round.RecordFailure", "round.FailProposal")
}
