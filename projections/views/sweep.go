package views

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/projections"
)

// Sweep looks for what the views still hold of an expert after an erasure and
// names the tables; none is the good answer. The tombstone does not count.
func Sweep(r projections.Reader, id domain.ExpertID) ([]string, error) {
	var left []string
	for _, at := range []struct {
		table projections.Schema
		key   string
	}{
		{Experts, string(id)}, {People, string(id)}, {Monitoring, string(id)}, {Disclosures, string(id)},
		{Inboxes, string(ToExpert(id))}, {History, "expert-" + string(id)}, {History, "disclosure-" + string(id)},
	} {
		row, err := r.Get(at.table, at.key)
		if err != nil {
			return nil, err
		}
		if row != nil {
			left = append(left, at.table.TableName())
		}
	}
	for _, at := range []struct {
		table projections.Schema
		index string
	}{{Candidacies, CandidaciesOfExpert}, {Assignments, AssignmentsOfExpert}} {
		n, err := r.Count(at.table, at.index, string(id))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			left = append(left, at.table.TableName())
		}
	}
	row, err := Involvements.Get(r, string(id))
	if err != nil {
		return nil, err
	}
	if row != nil && !row.Erased {
		left = append(left, Involvements.Name)
	}
	return left, nil
}
