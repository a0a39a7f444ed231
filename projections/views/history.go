package views

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// HistoryRow is what happened to one object: who, in which role, when, why and
// what; nothing personal.
type HistoryRow struct {
	Stream  string         `json:"stream"` // "need-<id>"
	Entries []HistoryEntry `json:"entries"`
}

// HistoryEntry is one event. There is one for every event of the log, so it is
// small: what many entries have in common they share.
type HistoryEntry struct {
	Position eventstore.Position `json:"position"`
	Actor    domain.PrincipalID  `json:"actor,omitzero"` // empty after the actor's erasure
	Micros   int64               `json:"micros"`         // Unix time in microseconds
	*Act                         // never nil
}

// Act is what was done, in which role, for whom and why. It is shared and must
// not be changed.
type Act struct {
	What string      `json:"what"` // the event's type
	Role domain.Role `json:"role,omitzero"`
	// OnBehalfOf is for whom the actor acted, if not for themself.
	OnBehalfOf domain.PrincipalID `json:"onBehalfOf,omitzero"`
	// Reason is the reason category or the open text of the reason; a personal
	// note is not repeated here.
	Reason string `json:"reason,omitzero"`
}

// maxSharedActs bounds the acts that are remembered for sharing.
const maxSharedActs = 4096

var acts = struct {
	sync.Mutex
	known map[Act]*Act
}{known: map[Act]*Act{}}

// shared is the one copy of an act, as long as there is room to remember it.
func shared(a Act) *Act {
	acts.Lock()
	defer acts.Unlock()
	if known := acts.known[a]; known != nil {
		return known
	}
	if len(acts.known) < maxSharedActs && a.OnBehalfOf == "" {
		acts.known[a] = &a
	}
	return &a
}

// At is when it happened.
func (h HistoryEntry) At() time.Time { return time.UnixMicro(h.Micros).UTC() }

// History is keyed by stream.
var History = &projections.Table[HistoryRow]{
	Name: "history", Version: 1,
	Key:     func(r *HistoryRow) string { return r.Stream },
	Related: func(r *HistoryRow) projections.Related { return relatedTo(r.Stream) },
}

func relatedTo(stream string) projections.Related {
	var out projections.Related
	category, id, _ := strings.Cut(stream, "-")
	switch category {
	case "programme":
		out.Programme = domain.ProgrammeID(id)
	case "institution":
		out.Institution = domain.InstitutionID(id)
	case "expert":
		out.Expert = domain.ExpertID(id)
	case "need":
		out.Need = domain.NeedID(id)
	case "candidacy":
		out.Candidacy = domain.CandidacyID(id)
	case "assignment":
		out.Assignment = domain.AssignmentID(id)
	}
	return out
}

// HistoryOf is the history of an object, oldest first; none is no error.
func HistoryOf(r projections.Reader, category, id string) ([]HistoryEntry, error) {
	row, err := History.Get(r, category+"-"+id)
	if row == nil || err != nil {
		return nil, err
	}
	return row.Entries, nil
}

var historyView = projections.View{
	Name: "history", Tables: []projections.Schema{History}, Fold: foldHistory,
}

// historyRoom is by how many entries a history grows: doubling would leave half
// of the largest table empty.
const historyRoom = 4

func foldHistory(tx *projections.Tx, e *codec.Decoded) error {
	stream, act, actor := told(e)
	row := History.Edit(tx, stream)
	if row == nil {
		if who := aboutPerson(stream); who != "" && erased(tx, who) {
			return nil
		}
		row = History.Put(tx, HistoryRow{Stream: stream})
	}
	entry := HistoryEntry{
		Position: e.Position, Actor: actor, Micros: e.Meta.At.UnixMicro(), Act: shared(act),
	}
	n := len(row.Entries)
	if n > 0 && row.Entries[n-1].Actor == entry.Actor {
		entry.Actor = row.Entries[n-1].Actor // the same text once in memory
	}
	if n == cap(row.Entries) {
		grown := make([]HistoryEntry, n, n+max(historyRoom, n/4))
		copy(grown, row.Entries)
		row.Entries = grown
	}
	row.Entries = append(row.Entries, entry)
	return nil
}

// told is in whose history an event stands, what was done, and by whom. What a
// decider was shown of a need stands in the history of the need, as something
// that the decider did; Rankings has the list, at the same position.
func told(e *codec.Decoded) (stream string, act Act, actor domain.PrincipalID) {
	if ev, ok := e.Event.(ranking.Shown); ok {
		return "need-" + string(ev.Need), Act{What: ev.EventType(), Role: roleOf(ev.Role)}, ev.To
	}
	return e.Stream, Act{e.Event.EventType(), roleOf(e.Meta.Role), e.Meta.OnBehalfOf, reasonOf(e.Event)}, e.Meta.Actor
}

// aboutPerson is the expert whom a stream names, if it names one.
func aboutPerson(stream string) domain.ExpertID {
	category, id, _ := strings.Cut(stream, "-")
	if slices.Contains(personStreams, category) {
		return domain.ExpertID(id)
	}
	return ""
}

// personStreams are the categories whose streams carry an expert's id.
var personStreams = []string{"expert", "disclosure"}

// reasonFields remembers where the Reason of an event type stands: an index, or
// -1 for none that is open text or a category.
var reasonFields sync.Map // reflect.Type → int

func reasonOf(event decider.Event) string {
	t := reflect.TypeOf(event)
	at, ok := reasonFields.Load(t)
	if !ok {
		at = -1
		if f, found := t.FieldByName("Reason"); found && f.Type.Kind() == reflect.String && len(f.Index) == 1 {
			at = f.Index[0]
		}
		reasonFields.Store(t, at)
	}
	if at.(int) < 0 {
		return ""
	}
	return reflect.ValueOf(event).Field(at.(int)).String()
}
