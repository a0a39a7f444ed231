package views

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// NeedRow is a host institution's need on the board.
type NeedRow struct {
	ID          domain.NeedID        `json:"id"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
	Owner       domain.PrincipalID   `json:"owner"`
	Status      need.Status          `json:"status"`
	StatusSince time.Time            `json:"statusSince"`
	Version     int                  `json:"version"`
	Terms       need.Terms           `json:"terms"`
	SkillWords  []string             `json:"skillWords,omitempty"` // of the labels of its skills, for searching
	Public      need.PublicText      `json:"public,omitzero"`      // empty before the first publication
	Deadline    domain.Date          `json:"deadline,omitzero"`
	Expires     domain.Date          `json:"expires,omitzero"`
	DuplicateOf domain.NeedID        `json:"duplicateOf,omitzero"`

	Completeness domain.Score       `json:"completeness,omitzero"` // at the last submission
	DraftedAt    time.Time          `json:"draftedAt"`
	SubmittedAt  time.Time          `json:"submittedAt,omitzero"` // the last time
	SubmittedBy  domain.PrincipalID `json:"submittedBy,omitzero"`
	ApprovedAt   time.Time          `json:"approvedAt,omitzero"`
	ApprovedBy   domain.PrincipalID `json:"approvedBy,omitzero"`
	PublishedAt  time.Time          `json:"publishedAt,omitzero"` // the first time
	PublishedBy  domain.PrincipalID `json:"publishedBy,omitzero"`
	FilledAt     time.Time          `json:"filledAt,omitzero"`
	EndedAt      time.Time          `json:"endedAt,omitzero"`
	// Reason is why it was returned, paused, closed or cancelled, or why its
	// requirements changed: the last one said.
	Reason  string            `json:"reason,omitzero"`
	Changed []string          `json:"changed,omitempty"` // fields of the last change of requirements
	Cancel  need.CancelReason `json:"cancel,omitzero"`

	// Holders are the candidacies that hold a seat.
	Holders []domain.CandidacyID `json:"holders,omitempty"`
	// Candidates counts the candidacies by stage, in the order of
	// candidacy.Stages.
	Candidates [stageCount]uint16 `json:"candidates"`
}

// stageCount is the number of stages of a candidacy; a test holds it equal.
const stageCount = 19

// StageIndex is the place of a stage in candidacy.Stages, or -1.
func StageIndex(s candidacy.Stage) int { return slices.Index(candidacy.Stages, s) }

// CandidatesAt counts the candidacies at a stage.
func (r *NeedRow) CandidatesAt(s candidacy.Stage) int {
	if i := StageIndex(s); i >= 0 {
		return int(r.Candidates[i])
	}
	return 0
}

// CandidatesTotal counts all candidacies, ended ones too.
func (r *NeedRow) CandidatesTotal() int {
	total := 0
	for _, n := range r.Candidates {
		total += int(n)
	}
	return total
}

// SeatsLeft is how many seats nobody holds.
func (r *NeedRow) SeatsLeft() int { return max(r.Terms.Positions-len(r.Holders), 0) }

// TakesCandidates reports whether the need is published and its deadline has
// not passed on the day.
func (r *NeedRow) TakesCandidates(day domain.Date) bool {
	return r.Status == need.StatusPublished && (r.Deadline == 0 || day <= r.Deadline)
}

// Scope locates the row for authorisation.
func (r *NeedRow) Scope() domain.Scope {
	return domain.Scope{Programme: r.Programme, Country: r.Country, Institution: r.Institution}
}

// NeedOrder is an order of the board.
type NeedOrder string

const (
	// ByDeadline puts the nearest deadline first, needs without one last.
	ByDeadline NeedOrder = "deadline"
	// ByNewest puts the latest change of status first.
	ByNewest NeedOrder = "newest"
)

// Needs has two indexes, one for each order, with the same buckets:
//
//	board|status|sector|country   every choice of the three
//	host|institution|status       with and without status
//	prog|programme|status         with and without status
//	word|word                     of title, objective and labels of skills; ByDeadline alone
var Needs = &projections.Table[NeedRow]{
	Name: "needs", Version: 2,
	Key:     func(r *NeedRow) string { return string(r.ID) },
	Indexes: needIndexes,
	Related: func(r *NeedRow) projections.Related {
		return projections.Related{Scope: r.Scope(), Need: r.ID}
	},
}

func needIndexes(r *NeedRow, entries []projections.IndexEntry) []projections.IndexEntry {
	deadline := projections.SortDate(cmp.Or(r.Deadline, r.Terms.Deadline))
	newest := projections.SortNewest(r.StatusSince)
	status := string(r.Status)
	combos := combinations(nil, "", "", status, string(r.Terms.Sector), string(r.Country))
	place := func(name string) {
		entries = append(entries, entry(string(ByDeadline), name, deadline), entry(string(ByNewest), name, newest))
	}
	for _, c := range combos {
		place("board|" + c.Bucket)
	}
	place(bucket("host", string(r.Institution), ""))
	place(bucket("host", string(r.Institution), status))
	place(bucket("prog", string(r.Programme), ""))
	place(bucket("prog", string(r.Programme), status))
	for _, w := range needWords(r) {
		entries = append(entries, entry(string(ByDeadline), "word|"+w, deadline))
	}
	return entries
}

// minWord is the shortest word worth an index entry, in letters.
const minWord = 3

// maxQueryWords bounds the words of one search (docs/limits.md).
const maxQueryWords = 8

// words lists the distinct words of texts, lower case, in order of appearance.
func words(texts ...string) []string {
	var out []string
	for _, text := range texts {
		for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			if len([]rune(w)) >= minWord && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// searchLanguages are those whose labels of skills can be searched for.
var searchLanguages = []domain.Language{"en", "nl"}

func needWords(r *NeedRow) []string {
	out := words(r.Terms.Title, r.Terms.Objective, r.Public.Title, r.Public.Summary)
	for _, w := range r.SkillWords {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// skillWords are the words of a need's skills, as the list calls them.
func skillWords(list *taxonomy.Taxonomy, t need.Terms) []string {
	var labels []string
	for _, s := range t.Skills {
		for _, l := range searchLanguages {
			labels = append(labels, list.Label(s.Skill, l))
		}
	}
	return words(labels...)
}

// NeedQuery chooses needs; empty fields do not restrict.
type NeedQuery struct {
	Status      need.Status
	Sector      domain.Sector
	Country     domain.Country
	Institution domain.InstitutionID
	Programme   domain.ProgrammeID
	// Text holds words that all must occur; a search is always ByDeadline.
	Text  string
	Order NeedOrder           // empty: ByDeadline
	Keep  func(*NeedRow) bool // further restriction, may be nil
}

// FindNeeds lists needs. The page's Total is exact when the query names only
// status, sector and country, or only an institution or a programme and
// perhaps a status; else it is an upper bound.
func FindNeeds(r projections.Reader, q NeedQuery, p projections.Paging) (projections.Page[NeedRow], error) {
	order := cmp.Or(q.Order, ByDeadline)
	name, exact := bucket("board", string(q.Status), string(q.Sector), string(q.Country)), q.Institution == "" && q.Programme == ""
	switch {
	case q.Institution != "":
		name = bucket("host", string(q.Institution), string(q.Status))
		exact = q.Sector == "" && q.Country == "" && q.Programme == ""
	case q.Programme != "":
		name = bucket("prog", string(q.Programme), string(q.Status))
		exact = q.Sector == "" && q.Country == ""
	}
	sought := words(q.Text)
	if len(sought) > maxQueryWords {
		sought = sought[:maxQueryWords]
	}
	if len(sought) > 0 {
		rarest, err := rarestWord(r, sought)
		if err != nil {
			return projections.Page[NeedRow]{}, err
		}
		name, order, exact = "word|"+rarest, ByDeadline, false
	}
	keep := q.Keep
	if !exact {
		keep = func(row *NeedRow) bool { return q.keeps(row, sought) }
	}
	return Needs.Filter(r, string(order), name, p, keep)
}

func (q *NeedQuery) keeps(row *NeedRow, sought []string) bool {
	switch {
	case q.Status != "" && row.Status != q.Status,
		q.Sector != "" && row.Terms.Sector != q.Sector,
		q.Country != "" && row.Country != q.Country,
		q.Institution != "" && row.Institution != q.Institution,
		q.Programme != "" && row.Programme != q.Programme:
		return false
	}
	if len(sought) > 1 {
		has := needWords(row)
		for _, w := range sought {
			if !slices.Contains(has, w) {
				return false
			}
		}
	}
	return q.Keep == nil || q.Keep(row)
}

func rarestWord(r projections.Reader, sought []string) (string, error) {
	rarest, fewest := "", -1
	for _, w := range sought {
		n, err := Needs.Count(r, string(ByDeadline), "word|"+w)
		if err != nil {
			return "", err
		}
		if fewest < 0 || n < fewest {
			rarest, fewest = w, n
		}
	}
	return rarest, nil
}

func needsView(list *taxonomy.Taxonomy) projections.View {
	return projections.View{
		Name: "needs", Tables: []projections.Schema{Needs}, Categories: []string{"need"},
		Fold: func(tx *projections.Tx, e *codec.Decoded) error { return foldNeeds(tx, e, list) },
	}
}

func foldNeeds(tx *projections.Tx, e *codec.Decoded, list *taxonomy.Taxonomy) error {
	if ev, ok := e.Event.(need.Drafted); ok {
		Needs.Put(tx, NeedRow{
			SkillWords: skillWords(list, ev.Terms),
			ID:         ev.Need, Programme: ev.Programme, Institution: ev.Institution, Country: ev.Country, Owner: ev.By,
			Status: need.StatusDraft, StatusSince: ev.At, Version: 1, Terms: ev.Terms, DuplicateOf: ev.DuplicateOf, DraftedAt: ev.At,
		})
		return nil
	}
	row := Needs.Edit(tx, idOf(e))
	if row == nil {
		return missing(e)
	}
	if !foldNeedSteps(row, e) {
		foldNeedEnds(row, e)
	}
	switch e.Event.(type) {
	case need.Revised, need.RequirementChanged:
		row.SkillWords = skillWords(list, row.Terms)
	}
	return nil
}

func (r *NeedRow) to(s need.Status, at time.Time, reason string) {
	r.Status, r.StatusSince, r.Reason = s, at, reason
}

func foldNeedSteps(row *NeedRow, e *codec.Decoded) bool {
	switch ev := e.Event.(type) {
	case need.Revised:
		row.Version, row.Terms = ev.Version, ev.Terms
	case need.RequirementChanged:
		row.Version, row.Terms, row.Changed, row.Reason, row.Expires = ev.Version, ev.Terms, ev.Changed, ev.Reason, ev.Expires
		row.Deadline = ev.Terms.Deadline
	case need.Submitted:
		row.to(need.StatusSubmitted, ev.At, "")
		row.Completeness, row.SubmittedAt, row.SubmittedBy = ev.Completeness, ev.At, ev.By
	case need.Returned:
		row.to(need.StatusReturned, ev.At, ev.Reason)
		row.ApprovedAt, row.ApprovedBy = time.Time{}, ""
	case need.Approved:
		row.to(need.StatusApproved, ev.At, "")
		row.ApprovedAt, row.ApprovedBy = ev.At, ev.By
	case need.Published:
		row.to(need.StatusPublished, ev.At, "")
		row.Public, row.Deadline, row.Expires = ev.Public, ev.Deadline, ev.Expires
		row.PublishedAt, row.PublishedBy = ev.At, ev.By
	case need.PublicTextChanged:
		row.Public = ev.Public
	case need.Paused:
		row.to(need.StatusPaused, ev.At, ev.Reason)
	case need.Resumed:
		row.to(need.StatusPublished, ev.At, "")
	default:
		return false
	}
	return true
}

func foldNeedEnds(row *NeedRow, e *codec.Decoded) {
	switch ev := e.Event.(type) {
	case need.SeatAllocated:
		row.Holders = upsert(row.Holders, self, ev.Candidacy)
	case need.SeatReleased:
		row.Holders = without(row.Holders, self, ev.Candidacy)
	case need.Filled:
		row.to(need.StatusFilled, ev.At, "")
		row.FilledAt = ev.At
	case need.Reopened:
		row.to(need.StatusPublished, ev.At, "")
		row.FilledAt = time.Time{}
	case need.Expired:
		row.to(need.StatusExpired, ev.At, "")
		row.EndedAt = ev.At
	case need.Closed:
		row.to(need.StatusClosed, ev.At, ev.Reason)
		row.EndedAt = ev.At
	case need.Cancelled:
		row.to(need.StatusCancelled, ev.At, ev.Note)
		row.Cancel, row.EndedAt = ev.Reason, ev.At
	}
}
