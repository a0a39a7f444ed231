package candidacy

// Stage is where a candidacy stands, in the words of its users. It is derived
// from the facets of the state (State.Stage) and stored nowhere.
type Stage string

const (
	StageSuggested       Stage = "suggested"
	StageApplied         Stage = "applied"
	StageNominated       Stage = "nominated"
	StageShortlisted     Stage = "shortlisted"
	StageAwaitingHost    Stage = "awaiting_host_decision"
	StageInterviewed     Stage = "interviewed"
	StageHostAccepted    Stage = "host_accepted"
	StageHostDeclined    Stage = "host_declined"
	StageApprovalPending Stage = "approval_pending"
	StageApproved        Stage = "approved"
	StageManagerRefused  Stage = "manager_refused"
	StageApprovalFailed  Stage = "approval_failed"
	StageOffered         Stage = "offered"
	StageAccepted        Stage = "accepted"
	StageDeclined        Stage = "declined"
	StageReserve         Stage = "reserve"
	StageWithdrawn       Stage = "withdrawn"
	StageSuperseded      Stage = "superseded"
	StageClosed          Stage = "closed"
)

// Stages lists every stage in the order of the process.
var Stages = []Stage{
	StageSuggested, StageApplied, StageNominated, StageShortlisted, StageAwaitingHost, StageInterviewed,
	StageHostAccepted, StageHostDeclined, StageApprovalPending, StageApproved, StageManagerRefused,
	StageApprovalFailed, StageOffered, StageAccepted, StageDeclined, StageReserve, StageWithdrawn,
	StageSuperseded, StageClosed,
}
