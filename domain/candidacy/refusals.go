package candidacy

import "github.com/diaspora-match/diaspora/domain"

// Refusals of a candidacy.
var (
	ErrNotFound    = domain.Refuse(domain.NotFound, "candidacy.not_found", "There is no such candidacy.", "Check the id.")
	ErrRole        = domain.Refuse(domain.Forbidden, "candidacy.role", "This decision belongs to another role.", "Ask the person in that role to take it.")
	ErrOwnProposal = domain.Refuse(domain.Forbidden, "candidacy.own_proposal", "Nobody approves a candidate whom they suggested, nominated, recommended or accepted themselves.", "Ask another manager to approve.")
	ErrEnded       = domain.Refuse(domain.Refused, "candidacy.ended", "The candidacy has ended.", "Look at its history; the expert may be considered for another need.")
	ErrPlaced      = domain.Refuse(domain.Refused, "candidacy.placed", "The placement is approved or being approved.", "Wait for its outcome; the expert may still withdraw or decline.")
	ErrAccepted    = domain.Refuse(domain.Refused, "candidacy.accepted", "The offer was accepted; there is an assignment.", "Terminate the assignment instead.")
	ErrNoConsent   = domain.Refuse(domain.Refused, "candidacy.no_consent", "The expert's consent to share for this need is missing, expired or withdrawn.", "Ask the expert for consent.")
	ErrNotWilling  = domain.Refuse(domain.Refused, "candidacy.not_willing", "The expert has neither applied nor agreed.", "Ask the expert to agree first.")
	ErrNotShared   = domain.Refuse(domain.Refused, "candidacy.not_shared", "The candidate is not shared with the host.", "Share the candidate under a valid consent first.")
	ErrHostPending = domain.Refuse(domain.Refused, "candidacy.host_not_accepted", "The host has not accepted the candidate.", "Wait for the host's decision, or remind the host.")
	ErrOverride    = domain.Refuse(domain.Refused, "candidacy.override", "Approving this candidate needs a written reason.", "Say why this candidate is approved over better ranked ones, without a rank, or against the focal point's opinion.")
	ErrPassedOver  = domain.Refuse(domain.Refused, "candidacy.passed_over", "Refusing one of the best ranked candidates for none of the listed reasons needs a written one.", "Name a reason of the list, or write why.")
	ErrNotPending  = domain.Refuse(domain.Refused, "candidacy.not_pending", "No approval is pending.", "Undo the steps of the placement.")
	ErrNotApproved = domain.Refuse(domain.Refused, "candidacy.not_approved", "The placement is not approved.", "Approve it first.")
	ErrNoOffer     = domain.Refuse(domain.Refused, "candidacy.no_offer", "There is no offer to answer.", "Wait for the offer.")
	ErrNotDue      = domain.Refuse(domain.Refused, "candidacy.not_due", "The host may still decide.", "Wait until the day after the term.")
	ErrSelf        = domain.Refuse(domain.Invalid, "candidacy.self", "A candidacy cannot supersede itself.", "Name the other candidacy.")
	ErrSubject     = domain.Refuse(domain.Invalid, "candidacy.subject", "The text is about somebody else.", "Write text about the expert of this candidacy.")
)
