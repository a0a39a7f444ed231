package main

// outside are packages whose bounds are of tests, benchmarks and tools alone.
var outside = map[string]bool{
	"bench/world": true, "bench/probe": true, "domain/decider": true, "domain/decider/decidertest": true,
	"internal/benchpeer": true, "internal/docgen": true, "privacy/canary": true,
}

// notBounds are constants that look like bounds and are none, each with its
// because.
var notBounds = map[string]string{
	"internal/edge.closeInitTimeout": "the code of a closing WebSocket",
	"eventstore/sqlite.pageBytes":    "the layout of the file",
}

// besides are bounds that neither their name nor their group tells.
var besides = map[string]bool{
	"eventstore/sqlite.pageEvents": true, "eventstore/sqlite.pageSize": true, "eventstore/sqlite.pageScanned": true,
	"eventstore/sqlite.checkpointFrom": true, "eventstore/sqlite.keptLogBytes": true, "eventstore/sqlite.mmapBytes": true,
	"eventstore/sqlite.writerCacheKiB": true, "eventstore/sqlite.readerCacheKiB": true,
}

const (
	refusedInput = "refused with a code `input.…` at the field; nothing changes"
	refusedRule  = "refused with a code of the aggregate; nothing changes"
	evicted      = "the least recently used one is dropped and made anew when needed"
	shutDown     = "the connection is closed"
)

// then says what happens at a bound, by its package or by its own name.
var then = map[string]string{
	"commands.maxAttempts":     "refused: `command.contention`",
	"commands.maxAppends":      "an error that says that the outcome is unknown; the same command id may be sent again",
	"commands.maxInFlight":     "the next waits for maxAdmission",
	"commands.maxAdmission":    "refused: `command.busy`",
	"commands.cachedStates":    evicted,
	"commands.maxStreamEvents": "refused: `command.stream_full`",

	"domain/access": refusedRule, "domain/access.MaxReasonBytes": refusedInput,
	"domain/assignment": refusedInput, "domain/candidacy": refusedInput, "domain/expert": refusedInput,
	"domain/institution": refusedInput, "domain/need": refusedInput, "domain/programme": refusedInput, "domain/round": refusedInput,
	"domain/round.MaxRankWithoutReason":        "beyond it approving is refused without a reason",
	"domain/candidacy.MaxRankWithoutReason":    "beyond it approving is refused without a reason",
	"domain/candidacy.DefaultHostDecisionDays": "the host's turn ends with an event",
	"domain/candidacy.DefaultOfferDays":        "the offer can no longer be accepted",
	"domain/programme.Deadlines.HostDecision":  "the host's turn ends with an event; a programme sets its own",
	"domain/programme.Deadlines.Reminder":      "the host is reminded; a programme sets its own",
	"domain/programme.Deadlines.Application":   "the need closes for applications; a programme sets its own",
	"domain/programme.Deadlines.Reconfirm":     "the profile goes dormant until it is confirmed; a programme sets its own",
	"domain/taxonomy.MaxNeighbours":            "the others do not count as similar",
	"domain/taxonomy.maxBroaderSteps":          "a skill further up counts as unrelated",
	"domain/taxonomy.MaxSkills":                "loading the taxonomy fails",

	"eventstore":                         "`ErrTooLarge`, `ErrBadStream` or `ErrBadEvent`; nothing is stored",
	"eventstore/codec.maxDigits":         "the record is corrupt: decoding fails loudly",
	"eventstore/sqlite.DefaultQueue":     "Append waits, as long as its context allows",
	"eventstore/sqlite.DefaultBatch":     "the next append goes into the next transaction",
	"eventstore/sqlite.MaxBatchBytes":    "the next append goes into the next transaction",
	"eventstore/sqlite.MinReaders":       "a read waits for a connection, as long as its context allows",
	"eventstore/sqlite.MaxCachedNames":   "some are dropped and read anew when needed",
	"eventstore/sqlite.maxCachedTails":   evicted,
	"eventstore/sqlite.maxCachedTypes":   "the cache starts afresh",
	"eventstore/sqlite.busyTimeout":      "opening or reading fails",
	"eventstore/sqlite.pageEvents":       "the read goes on with the next page",
	"eventstore/sqlite.pageSize":         "the read goes on with the next page",
	"eventstore/sqlite.pageScanned":      "the read goes on with the next page",
	"eventstore/sqlite.checkpointFrom":   "the pages are copied into the file",
	"eventstore/sqlite.keptLogBytes":     "the write-ahead log is cut to it",
	"eventstore/sqlite.mmapBytes":        "the rest of the file is read by system calls",
	"eventstore/sqlite.writerCacheKiB":   "pages are read anew",
	"eventstore/sqlite.readerCacheKiB":   "pages are read anew",
	"graph.maxPending":                   "the subscription ends; its client asks anew",
	"graph.maxRank":                      "the candidate counts as not ranked",
	"graph":                              "refused with a code",
	"graph/model.DefaultPage":            "a caller asks for more, up to projections.MaxPage, or for the next page",
	"graph/model.MaxSkills":              "refused with a code",
	"graph/scalar":                       "refused: `input.format`",
	"internal/cli.maxConfigBytes":        "refused, and nothing starts",
	"internal/demo.maxShownWeeks":        "the need asks for no more",
	"internal/edge.callersMax":           "the least recently seen caller starts afresh",
	"internal/edge.documentsMax":         evicted,
	"internal/edge.documentBytesMax":     "the document is parsed each time",
	"internal/edge.operationNameMax":     "cut in the log",
	"internal/edge.messageMax":           "cut",
	"internal/edge.errorsMax":            "the rest is dropped",
	"internal/edge.socketIDMax":          shutDown,
	"internal/edge.sizeMax":              "the document counts as too large",
	"internal/edge.Limits.BodyBytes":     "413; a WebSocket is closed",
	"internal/edge.Limits.QueryBytes":    "413",
	"internal/edge.Limits.Rate":          "429 with Retry-After, `edge.rate`",
	"internal/edge.Limits.Burst":         "429 with Retry-After, `edge.rate`",
	"internal/edge.Limits.Operation":     "cancelled: `edge.timeout`",
	"internal/edge.Limits.Ping":          "a connection that does not answer is closed",
	"internal/edge.Limits.InitTimeout":   shutDown,
	"internal/edge.Limits.WriteTimeout":  shutDown,
	"internal/edge":                      "refused with a code `edge.…`",
	"internal/exchange.MaxFaults":        "the rest is counted",
	"internal/exchange":                  "the file is refused, with the row",
	"internal/identity.endingsMax":       "what has run out is forgotten, or else everybody signs in anew",
	"internal/identity.fetchTimeout":     "the sign-in or the request fails and may be tried again",
	"internal/identity.fetchBytesMax":    "the answer is refused",
	"internal/identity.fetchEvery":       "the document in memory is used",
	"internal/identity.fetchedMax":       evicted,
	"internal/identity.loginTimeout":     "the sign-in begins anew",
	"internal/identity.loginsMax":        "the oldest must begin anew",
	"internal/identity.returnBytesMax":   "the sign-in returns to the start page",
	"internal/identity.exchangeTimeout":  "the sign-in fails and may be tried again",
	"internal/identity.sessionsMax":      "the session unused for longest ends",
	"internal/identity.verifiedMax":      evicted,
	"internal/identity.discoverEvery":    "the next attempt waits",
	"internal/identity":                  "the token is refused: 401",
	"internal/identity/devissuer":        "refused, as OAuth says; only on loopback",
	"internal/observe.checkTimeout":      "the check counts as failed",
	"internal/observe.checksMax":         "a mistake of the program, found when it starts",
	"internal/observe.metricsScrapesMax": "503",
	"internal/observe.spanQueueMax":      "later spans are dropped",
	"internal/observe.exportTimeout":     "the spans are dropped",
	"internal/observe.logValueMaxBytes":  "cut",
	"internal/platform":                  shutDown,
	"internal/platform.DrainTimeout":     "what is still under way is cut off; an acknowledged command is already stored",
	"matcher.MaxRequirements":            "later ones are ignored",
	"matcher.MaxImprovements":            "the others are not told",
	"matcher.MaxRanked":                  "the ranking is cut",
	"privacy.DefaultOpenKeys":            evicted,
	"privacy.MaxGroup":                   "the next write goes into the next transaction",
	"privacy.MaxEnsure":                  "the rest goes into the next transaction",
	"privacy.MaxSubjectBytes":            "an error; nothing is stored",
	"privacy.readers":                    "a read waits for a connection",
	"privacy.rewrapPage":                 "the rest follows in the next page",
	"privacy.busyTimeout":                "the write fails",
	"privacy.MaxProtectedBytes":          "`ErrProtectedSize`; nothing is stored",
	"privacy.MaxKindBytes":               "`ErrProtectedSize`; nothing is stored",
	"processes.SweepEvery":               "the next sweep looks again",
	"processes.maxSweep":                 "the rest follows in the next sweep",
	"processes.maxReminderDays":          "the walk ends",
	"processes.closeTimeout":             "the message in hand is given up and handled anew at the next start",
	"processes.Backoff.First":            "tries again, waiting twice as long",
	"processes.Backoff.Most":             "tries again, waiting as long",
	"projections.MaxWait":                "refused: `view.behind`",
	"projections.MaxPage":                "refused: `view.page`",
	"projections.MaxCursorBytes":         "refused: `view.cursor`",
	"projections.MaxScan":                "the page ends early, with a cursor to go on from",
	"projections.MaxBatch":               "the next event goes into the next batch",
	"projections.decodedAhead":           "decoding waits",
	"projections.RetryFirst":             "subscribes again",
	"projections.RetryMax":               "subscribes again, waiting as long",
	"projections.maxCauses":              "the others are not linked",
	"projections/views.maxSharedActs":    "later ones are kept once for each row",
	"projections/views.MaxNotices":       "the oldest goes",
	"projections/views.minWord":          "a shorter word is not searched for",
	"projections/views.maxQueryWords":    "later words are ignored",
}

func atBound(where, name string) string {
	if t := then[where+"."+name]; t != "" {
		return t
	}
	return then[where]
}
