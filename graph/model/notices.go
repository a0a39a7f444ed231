package model

// noticeTexts says what happened, to the person whom it concerns. A kind that
// is missing here is told by noticeOther; a test holds the list to the kinds
// that the view delivers.
var noticeTexts = map[string]string{
	"expert.HeritageChecked":      "Your link to a country was confirmed.",
	"expert.HeritageRefused":      "Your link to a country could not be confirmed.",
	"expert.BecameDormant":        "Your profile is hidden because it was not confirmed in time. Confirm it to be found again.",
	"expert.Suspended":            "Your profile was taken out of matching.",
	"expert.Reinstated":           "Your profile is back in matching.",
	"expert.EligibilityConfirmed": "You are eligible for the programme.",
	"expert.EligibilityRefused":   "You are not eligible for the programme as things are.",

	"institution.Returned":  "The proposal of the institution was sent back to be mended.",
	"institution.Approved":  "The institution was approved as a host.",
	"institution.Refused":   "The proposal of the institution was not taken up.",
	"institution.Suspended": "The institution was suspended.",
	"institution.Resumed":   "The institution is active again.",
	"institution.Closed":    "The institution's part in the programme has ended.",

	"need.Returned":           "The need was sent back to be mended.",
	"need.Approved":           "The need was approved.",
	"need.Published":          "The need was published.",
	"need.Paused":             "The need was paused.",
	"need.Resumed":            "The need is open again.",
	"need.Filled":             "The last seat of the need was taken.",
	"need.Reopened":           "A seat of the need is free again.",
	"need.Expired":            "The need was not filled in time.",
	"need.Closed":             "The need was closed.",
	"need.Cancelled":          "The need was cancelled.",
	"need.RequirementChanged": "The requirements of the need have changed.",

	"candidacy.Suggested":            "You were suggested for a need. Say whether you are willing.",
	"candidacy.Nominated":            "You were nominated for a need. Say whether you are willing.",
	"candidacy.Applied":              "An expert has applied.",
	"candidacy.Shortlisted":          "You are on the short list.",
	"candidacy.SharedWithHost":       "The profile was shared with the host, which is asked to decide.",
	"candidacy.InterviewRecorded":    "The outcome of the interview was recorded.",
	"candidacy.HostAccepted":         "The host said yes.",
	"candidacy.HostDeclined":         "The host said no.",
	"candidacy.HostDecisionReminded": "A decision on a candidate is still open.",
	"candidacy.HostDecisionExpired":  "The host did not decide in time.",
	"candidacy.Approved":             "The placement was approved.",
	"candidacy.ManagerRefused":       "The placement was not approved.",
	"candidacy.Offered":              "An assignment is offered to you. Answer in time.",
	"candidacy.OfferAccepted":        "The expert accepted the offer.",
	"candidacy.OfferDeclined":        "The expert declined the offer.",
	"candidacy.PutInReserve":         "You are kept in reserve.",
	"candidacy.CalledFromReserve":    "You were called from the reserve.",
	"candidacy.Withdrawn":            "The expert stepped back.",
	"candidacy.Superseded":           "The candidacy was ended in favour of another one of yours.",
	"candidacy.Closed":               "The need ended without you; the reason says why.",

	"assignment.Planned":             "An assignment was planned.",
	"assignment.WorkPlanProposed":    "A work plan was proposed. Read it and say whether you agree.",
	"assignment.WorkPlanConsented":   "One side agreed to the work plan.",
	"assignment.WorkPlanAgreed":      "The work plan is agreed.",
	"assignment.ChecklistItemWaived": "An item of the checklist was waived.",
	"assignment.Started":             "The assignment has begun.",
	"assignment.ModalitySwitched":    "The assignment goes on in another modality.",
	"assignment.Suspended":           "The assignment rests.",
	"assignment.Resumed":             "The assignment goes on.",
	"assignment.Extended":            "The assignment was extended.",
	"assignment.ExtensionUndone":     "The extension was taken back: the expert is booked elsewhere in that time.",
	"assignment.CheckInRecorded":     "A conversation on the assignment was recorded.",
	"assignment.ReportSubmitted":     "A report was handed in.",
	"assignment.ReportAccepted":      "A report was accepted.",
	"assignment.ReportReturned":      "A report was sent back.",
	"assignment.Completed":           "The assignment is completed.",
	"assignment.Terminated":          "The assignment ended early.",
	"assignment.FollowUpProposed":    "A follow-up was proposed.",
	"assignment.Closed":              "The file of the assignment was closed.",
}

const noticeOther = "Something of yours has changed."

func noticeText(kind string) string {
	if text, ok := noticeTexts[kind]; ok {
		return text
	}
	return noticeOther
}
