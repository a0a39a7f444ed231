package model

// The connections of the schema.
type (
	ProgrammeConnection     = Connection[Programme]
	InstitutionConnection   = Connection[Institution]
	NeedConnection          = Connection[Need]
	PublishedNeedConnection = Connection[PublishedNeed]
	ExpertConnection        = Connection[Expert]
	CandidacyConnection     = Connection[Candidacy]
	AssignmentConnection    = Connection[Assignment]
	HistoryConnection       = Connection[HistoryEntry]
	DisclosureConnection    = Connection[Disclosure]
	NoticeConnection        = Connection[Notice]
	RoundConnection         = Connection[Round]
	ShownRankingConnection  = Connection[ShownRanking]

	ProgrammeEdge     = Edge[Programme]
	InstitutionEdge   = Edge[Institution]
	NeedEdge          = Edge[Need]
	PublishedNeedEdge = Edge[PublishedNeed]
	ExpertEdge        = Edge[Expert]
	CandidacyEdge     = Edge[Candidacy]
	AssignmentEdge    = Edge[Assignment]
	HistoryEdge       = Edge[HistoryEntry]
	DisclosureEdge    = Edge[Disclosure]
	NoticeEdge        = Edge[Notice]
	RoundEdge         = Edge[Round]
	ShownRankingEdge  = Edge[ShownRanking]
)
