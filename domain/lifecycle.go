package domain

// Transition is one step in the life of an aggregate: an event leads from a
// stage to a stage. The tables of transitions are derived by running the
// deciders (decider.Explore), so that the diagrams in docs/domain.md cannot
// drift from the code.
type Transition struct {
	From  string `json:"from"` // "" before the aggregate exists
	Event string `json:"event"`
	To    string `json:"to"`
}
