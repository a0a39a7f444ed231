package model

import (
	"github.com/diaspora-match/diaspora/domain/need"
)

// Inputs of the mutations of a need: the target and the command.
type (
	DraftNeedInput struct {
		New
		need.Draft
	}
	DuplicateNeedInput struct{ ToNeed }
	ReviseNeedInput    struct {
		ToNeed
		need.Revise
	}
	SubmitNeedInput struct {
		ToNeed
		need.Submit
	}
	ReturnNeedInput struct {
		ToNeed
		need.Return
	}
	ApproveNeedInput struct {
		ToNeed
		need.Approve
	}
	PublishNeedInput struct {
		ToNeed
		need.Publish
	}
	ChangeNeedPublicTextInput struct {
		ToNeed
		need.ChangePublicText
	}
	PauseNeedInput struct {
		ToNeed
		need.Pause
	}
	ResumeNeedInput struct {
		ToNeed
		need.Resume
	}
	CloseNeedInput struct {
		ToNeed
		need.Close
	}
	CancelNeedInput struct {
		ToNeed
		need.Cancel
	}
)
