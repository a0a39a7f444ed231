package assignment

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// ActivityID is chosen by the caller, so that sending
// the same entry of the log twice records it once.
type ActivityID string

// Item is an entry of the checklist.
type Item string

const (
	PreDepartureTraining    Item = "pre_departure_training" // obligatory for everybody, also for virtual work
	HostBriefing            Item = "host_briefing"
	WorkPlan                Item = "work_plan" // done by the agreement of expert and host
	CounterpartIntroduction Item = "counterpart_introduction"
	ConnectivityCheck       Item = "connectivity_check" // where part of the work is virtual
	Insurance               Item = "insurance"          // where the expert travels
	Visa                    Item = "visa"               // where the expert travels
	SecurityBriefing        Item = "security_briefing"  // where the expert travels
)

// Items lists every item in its fixed order.
var Items = []Item{
	PreDepartureTraining, HostBriefing, WorkPlan, CounterpartIntroduction,
	ConnectivityCheck, Insurance, Visa, SecurityBriefing,
}

// Valid reports whether the item is listed.
func (i Item) Valid() bool { return slices.Contains(Items, i) }

// Checklist is what an assignment of a modality must have before its start, in
// the fixed order.
func Checklist(m domain.Modality) []Item {
	items := []Item{PreDepartureTraining, HostBriefing, WorkPlan, CounterpartIntroduction}
	if m == domain.Virtual || m == domain.Hybrid {
		items = append(items, ConnectivityCheck)
	}
	if m.Travels() {
		items = append(items, Insurance, Visa, SecurityBriefing)
	}
	return items
}

// PlanItem is a step of the work plan, linked to an output of the need.
type PlanItem struct {
	Output   int         `json:"output"` // 1 is the first output of the terms
	Activity string      `json:"activity"`
	Due      domain.Date `json:"due,omitempty"`
}

// Party is a side of the work plan.
type Party string

const (
	ExpertParty Party = "expert"
	HostParty   Party = "host"
)

// TransferLevel is how far knowledge went (domain guide, section 1.6).
type TransferLevel string

const (
	Transmission   TransferLevel = "transmission"   // information was passed on
	Creation       TransferLevel = "creation"       // knowledge was made together
	Organisational TransferLevel = "organisational" // the institution works differently
)

// TransferLevels lists every level in its fixed order.
var TransferLevels = []TransferLevel{Transmission, Creation, Organisational}

// Valid reports whether the level is listed.
func (l TransferLevel) Valid() bool { return slices.Contains(TransferLevels, l) }

// ReportKind is a report of the cycle.
type ReportKind string

const (
	ArrivalReport ReportKind = "arrival"
	MidTermReport ReportKind = "mid_term"
	FinalReport   ReportKind = "final"
)

// ReportKinds lists every kind in its fixed order.
var ReportKinds = []ReportKind{ArrivalReport, MidTermReport, FinalReport}

// Valid reports whether the kind is listed.
func (k ReportKind) Valid() bool { return slices.Contains(ReportKinds, k) }

// Wave is a round of evaluation.
type Wave string

const (
	Before       Wave = "before"
	After        Wave = "after"
	TwelveMonths Wave = "twelve_months"
)

// Waves lists every wave in its fixed order.
var Waves = []Wave{Before, After, TwelveMonths}

// Valid reports whether the wave is listed.
func (w Wave) Valid() bool { return slices.Contains(Waves, w) }

// Respondent is a group that answers evaluations.
type Respondent string

const (
	ExpertRespondent    Respondent = "expert"
	ColleagueRespondent Respondent = "colleague"
	HostRespondent      Respondent = "host"
)

// Respondents lists every group in its fixed order.
var Respondents = []Respondent{ExpertRespondent, ColleagueRespondent, HostRespondent}

// Valid reports whether the group is listed.
func (r Respondent) Valid() bool { return slices.Contains(Respondents, r) }

// Answers grade the three levels of knowledge transfer from 1 (not at all) to
// 5 (fully).
type Answers struct {
	Transmission   int `json:"transmission"`
	Creation       int `json:"creation"`
	Organisational int `json:"organisational"`
}

// EvaluationDue says when a wave may be answered and when it is overdue.
type EvaluationDue struct {
	Wave  Wave        `json:"wave"`
	Opens domain.Date `json:"opens"`
	Due   domain.Date `json:"due"`
}

// FollowUp is a way in which an assignment goes on.
type FollowUp string

const (
	FollowUpExtension   FollowUp = "extension"
	FollowUpPhysical    FollowUp = "physical_follow_up"
	FollowUpRepeat      FollowUp = "repeat"
	FollowUpExchange    FollowUp = "exchange"
	FollowUpInternship  FollowUp = "internship"
	FollowUpPartnership FollowUp = "partnership"
)

// FollowUps lists every kind in its fixed order.
var FollowUps = []FollowUp{FollowUpExtension, FollowUpPhysical, FollowUpRepeat, FollowUpExchange, FollowUpInternship, FollowUpPartnership}

// Valid reports whether the kind is listed.
func (f FollowUp) Valid() bool { return slices.Contains(FollowUps, f) }

// SuspensionReason is why an assignment rests.
type SuspensionReason string

const (
	SuspendedSecurity   SuspensionReason = "security"
	SuspendedPandemic   SuspensionReason = "health_emergency"
	SuspendedPersonal   SuspensionReason = "personal"
	SuspendedHost       SuspensionReason = "host_not_ready"
	SuspendedTravelPrep SuspensionReason = "preparing_travel" // after a switch to travelling work
	SuspendedOther      SuspensionReason = "other"
)

// SuspensionReasons lists every reason in its fixed order.
var SuspensionReasons = []SuspensionReason{SuspendedSecurity, SuspendedPandemic, SuspendedPersonal, SuspendedHost, SuspendedTravelPrep, SuspendedOther}

// Valid reports whether the reason is listed.
func (r SuspensionReason) Valid() bool { return slices.Contains(SuspensionReasons, r) }

// TerminationReason is why an assignment ended early, or never began.
type TerminationReason string

const (
	ExpertStepsBack     TerminationReason = "expert_steps_back"
	HostStepsBack       TerminationReason = "host_steps_back"
	TerminatedSecurity  TerminationReason = "security"
	TerminatedHealth    TerminationReason = "health"
	TerminatedConduct   TerminationReason = "conduct"
	TerminatedFunding   TerminationReason = "funding"
	TerminatedEntry     TerminationReason = "entry_refused"
	TerminatedOtherwise TerminationReason = "other"
)

// TerminationReasons lists every reason in its fixed order.
var TerminationReasons = []TerminationReason{
	ExpertStepsBack, HostStepsBack, TerminatedSecurity, TerminatedHealth,
	TerminatedConduct, TerminatedFunding, TerminatedEntry, TerminatedOtherwise,
}

// Valid reports whether the reason is listed.
func (r TerminationReason) Valid() bool { return slices.Contains(TerminationReasons, r) }

// Status is where an assignment stands.
type Status string

const (
	StatusPlanned    Status = "planned"
	StatusContracted Status = "contracted" // the agreement is signed
	StatusPreparing  Status = "preparing"
	StatusActive     Status = "active"
	StatusSuspended  Status = "suspended"
	StatusCompleted  Status = "completed"
	StatusTerminated Status = "terminated"
	StatusClosed     Status = "closed"
)

// Statuses lists every status in the order of the process.
var Statuses = []Status{
	StatusPlanned, StatusContracted, StatusPreparing, StatusActive,
	StatusSuspended, StatusCompleted, StatusTerminated, StatusClosed,
}
