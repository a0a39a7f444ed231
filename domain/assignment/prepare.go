package assignment

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

func (s State) recordAgreement(c RecordAgreement) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if s.Signed {
		return nil, nil
	}
	var k domain.Checks
	on := dayOr(&k, "on", c.On, c.Today())
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(AgreementSigned{On: on})
}

// partyOf is the side of the work plan that a role speaks for, if any.
func partyOf(r domain.Role) (Party, bool) {
	switch r {
	case domain.RoleExpert:
		return ExpertParty, true
	case domain.RoleHost:
		return HostParty, true
	}
	return "", false
}

func (s State) proposeWorkPlan(c ProposeWorkPlan) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if s.PlanVersion > 0 && slices.Equal(s.Plan, c.Items) {
		return nil, nil
	}
	var k domain.Checks
	k.Require(len(c.Items) > 0, domain.ErrRequired.At("items"))
	k.Count("items", len(c.Items), MaxPlanItems)
	for i, item := range c.Items {
		at := domain.Index("items", i)
		k.Range(at+".output", item.Output, 1, MaxOutput)
		k.Text(at+".activity", item.Activity, MaxLine)
	}
	if err := k.Err(); err != nil {
		return nil, err
	}
	version := s.PlanVersion + 1
	events := []Event{WorkPlanProposed{Version: version, Items: slices.Clone(c.Items), By: c.By, Role: c.Role, At: c.At}}
	if p, ok := partyOf(c.Role); ok {
		events = append(events, WorkPlanConsented{Version: version, Party: p, By: c.By, At: c.At})
	}
	return events, nil
}

func (s State) agreeWorkPlan(c AgreeWorkPlan) ([]Event, error) {
	party, ok := partyOf(c.Role)
	switch {
	case !ok:
		return nil, ErrRole
	case s.Ended():
		return nil, ErrEnded
	case s.PlanVersion == 0:
		return nil, ErrNoWorkPlan
	case c.Version != s.PlanVersion:
		return nil, ErrVersion
	case slices.Contains(s.Consented, party):
		return nil, nil
	}
	events := []Event{WorkPlanConsented{Version: c.Version, Party: party, By: c.By, At: c.At}}
	if len(s.Consented) > 0 { // the other party's
		events = append(events, WorkPlanAgreed{Version: c.Version, At: c.At})
	}
	return events, nil
}

// listed refuses an item that is unknown or that this modality does not ask for.
func (s State) listed(k *domain.Checks, i Item) {
	domain.RequireListed(k, "item", i, Items)
	k.Require(!i.Valid() || slices.Contains(s.Checklist, i), ErrNotListed.At("item"))
}

func (s State) completeItem(c CompleteItem) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if c.Item == WorkPlan {
		return nil, ErrByAgreement.At("item")
	}
	if slices.Contains(s.Done, c.Item) {
		return nil, nil
	}
	var k domain.Checks
	s.listed(&k, c.Item)
	on := dayOr(&k, "on", c.On, c.Today())
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ChecklistItemDone{Item: c.Item, On: on, By: c.By})
}

// waiveItem never waives the pre-departure training, which is obligatory for
// everybody, nor the work plan, which two parties agree.
func (s State) waiveItem(c WaiveItem) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if c.Item == PreDepartureTraining || c.Item == WorkPlan {
		return nil, ErrObligatory.At("item")
	}
	if s.Settled(c.Item) {
		return nil, nil
	}
	var k domain.Checks
	s.listed(&k, c.Item)
	s.why(&k, c.Reason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ChecklistItemWaived{Item: c.Item, Reason: c.Reason, By: c.By, At: c.At})
}
