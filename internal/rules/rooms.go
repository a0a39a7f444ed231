// Package rules holds what is true of the whole tree: which room may import
// which, what the domain must not touch, that every dependency and every command
// is accounted for. The rules are data here; the tests compare the tree with
// them, and docs/architecture.md is generated from them.
package rules

import "strings"

// Module is the import path of the tree.
const Module = "github.com/diaspora-match/diaspora"

// Room is a folder with the packages below it, as far as these are no rooms of
// their own.
type Room struct {
	Path  string
	Holds string // what lives there, for docs/architecture.md
	// Rooms are the rooms that its code may import besides itself; "x/…" is x
	// and every room below it. All stand above it in the list, so that the list
	// is its own proof that there are no circles.
	Rooms []string
	// Modules are the import paths, or their beginnings, of others' code that it
	// may import.
	Modules []string
	// Pure rooms have no input or output, no clock, no context and no logger.
	Pure bool
}

// Modules that several rooms use.
const (
	uuid       = "github.com/google/uuid"
	lru        = "github.com/hashicorp/golang-lru/v2"
	json       = "github.com/go-json-experiment/json"
	sqlite     = "zombiezen.com/go/sqlite"
	gqlgen     = "github.com/99designs/gqlgen/graphql"
	gqlparser  = "github.com/vektah/gqlparser/v2"
	otel       = "go.opentelemetry.io/otel"
	errgroup   = "golang.org/x/sync/errgroup"
	esdb       = "github.com/EventStore/EventStore-Client-Go/v4"
	grpc       = "google.golang.org/grpc"
	goredis    = "github.com/redis/go-redis/v9"
	watermill  = "github.com/ThreeDotsLabs/watermill"
	prometheus = "github.com/prometheus/client_golang/prometheus"
)

// aggregates are the rooms that decide; none knows another.
var aggregates = []string{
	"domain/access", "domain/assignment", "domain/candidacy", "domain/disclosure",
	"domain/expert", "domain/institution", "domain/need", "domain/programme", "domain/ranking", "domain/round",
}

func aggregate(path, holds string) Room {
	return Room{Path: path, Holds: holds, Pure: true,
		Rooms: []string{"domain", "domain/decider", "domain/internal/keyed", "domain/personal", "domain/policy"}}
}

// Rooms is the table of the architecture, from the bottom up.
var Rooms = []Room{
	{Path: "domain", Pure: true, Holds: "shared values: ids, countries, languages and CEFR, skills and levels, periods, scores, refusals, stamps"},
	{Path: "domain/internal/keyed", Pure: true, Holds: "lists that are kept in the order of their keys"},
	{Path: "domain/decider", Pure: true, Rooms: []string{"domain"}, Holds: "the shape of an aggregate, and the Spec that tests read"},
	{Path: "domain/personal", Pure: true, Rooms: []string{"domain"}, Holds: "text about a person, which prints as `[personal]` and opens for a purpose only"},
	{Path: "domain/policy", Pure: true, Rooms: []string{"domain"}, Holds: "eligibility rules and scoring policies as versioned data"},
	{Path: "domain/taxonomy", Pure: true, Rooms: []string{"domain"}, Holds: "the built-in list of skills, and how near two skills are"},
	aggregate("domain/access", "grants of roles, and the end of sessions"),
	aggregate("domain/assignment", "preparation, work, reports, evaluations, follow-up"),
	aggregate("domain/candidacy", "one expert for one need: consent, four decisions, offer"),
	aggregate("domain/disclosure", "who read a person's data, why"),
	aggregate("domain/expert", "profile, heritage, eligibility, consents, bookings, erasure"),
	aggregate("domain/institution", "host institutions: units, contacts, capacity, linkages"),
	aggregate("domain/need", "Terms of Reference, publication, seats"),
	aggregate("domain/programme", "countries, rules, scoring, deadlines, holds"),
	aggregate("domain/ranking", "what deciders were shown of the pairs for a need"),
	aggregate("domain/round", "placements proposed for a whole programme: terms, proof, decisions"),
	{Path: "domain/events", Pure: true, Rooms: append([]string{"domain/decider"}, aggregates...), Holds: "the list of all event types, for the codec"},
	{Path: "domain/decider/decidertest", Rooms: []string{"domain", "domain/decider", "domain/personal"}, Modules: []string{"pgregory.net/rapid"}, Holds: "properties that every decider keeps"},

	{Path: "matcher", Pure: true, Rooms: []string{"domain", "domain/policy", "domain/taxonomy"}, Holds: "eligibility, exact scores, explanations, the index of experts and needs"},

	{Path: "matcher/text", Pure: true, Rooms: []string{"domain", "domain/taxonomy"}, Modules: []string{"golang.org/x/text/unicode/norm"}, Holds: "free text to skills, with the words that gave them"},

	{Path: "matcher/certificate", Pure: true, Holds: "what a round is, and the separate check of everything that a solver claims about it"},
	{Path: "matcher/rounds", Pure: true, Rooms: []string{"domain", "matcher/certificate"}, Holds: "whole rounds: best total, stable, fairest minimum, quotas, what-if, with proofs"},

	{Path: "matcher/planning", Pure: true, Rooms: []string{"domain", "domain/round", "matcher", "matcher/certificate", "matcher/rounds"}, Holds: "a round's problem out of what matching knows, and its solution in the words of the domain"},

	{Path: "matcher/fairness", Pure: true, Holds: "how evenly chances fall: exact rates and ratios, ranked lists, and what small groups let be told"},

	{Path: "eventstore", Modules: []string{uuid}, Holds: "the port, and the hash chain over stored events"},
	{Path: "eventstore/storetest", Rooms: []string{"eventstore"}, Modules: []string{uuid, "github.com/anishathalye/porcupine"}, Holds: "the contract that every engine passes"},
	{Path: "eventstore/sqlite", Rooms: []string{"eventstore"}, Modules: []string{uuid, lru, sqlite, "modernc.org/libc", "modernc.org/sqlite/lib", "golang.org/x/sys/unix"}, Holds: "the embedded engine, with group commit"},
	{Path: "eventstore/esdb", Rooms: []string{"eventstore"}, Modules: []string{esdb, grpc, "github.com/cenkalti/backoff/v5"}, Holds: "the engine over EventStoreDB"},
	{Path: "eventstore/esdb/esdbtest", Rooms: []string{"eventstore"}, Modules: []string{uuid, esdb, grpc}, Holds: "EventStoreDB in the process, for tests"},
	{Path: "eventstore/codec", Rooms: []string{"domain", "domain/decider", "domain/personal", "eventstore"}, Modules: []string{uuid, json}, Holds: "events to bytes and back: sealing, schema versions, upcasters"},
	{Path: "eventstore/codec/codectest", Rooms: []string{"domain", "domain/decider", "domain/personal", "eventstore", "eventstore/codec"}, Modules: []string{uuid, json}, Holds: "the corpus of recorded events, and how it is compared"},
	{Path: "eventstore/codec/history", Rooms: []string{"domain/events", "eventstore/codec"}, Holds: "the registry of all events, with their upcasters"},

	{Path: "privacy", Rooms: []string{"domain", "domain/personal"}, Modules: []string{lru, sqlite}, Holds: "a key for each person apart from the log, sealing, the vault, erasure"},
	{Path: "privacy/canary", Holds: "searching bytes for personal data that tests have marked"},

	{Path: "commands", Rooms: []string{"domain", "domain/decider", "domain/personal", "eventstore", "eventstore/codec"}, Modules: []string{uuid, lru, otel}, Holds: "the command bus: authorise, load, decide, append"},

	{Path: "projections", Rooms: []string{"domain", "domain/personal", "eventstore", "eventstore/codec"}, Modules: []string{json, errgroup, "github.com/cenkalti/backoff/v5"}, Holds: "the runner, pages, and the port of the views"},
	{Path: "projections/viewtest", Rooms: []string{"domain", "eventstore", "projections"}, Modules: []string{"github.com/google/go-cmp/cmp"}, Holds: "the contract that every engine of views passes"},
	{Path: "projections/memory", Rooms: []string{"eventstore", "projections"}, Modules: []string{errgroup, "github.com/tidwall/btree"}, Holds: "the views in memory"},
	{Path: "projections/redis", Rooms: []string{"domain", "eventstore", "eventstore/codec", "projections"}, Modules: []string{goredis, lru, watermill, "github.com/ThreeDotsLabs/watermill-redisstream"}, Holds: "the views in Redis or Valkey, and following them from other machines"},
	{Path: "projections/redis/redistest", Modules: []string{goredis}, Holds: "real Redis servers, for tests"},
	{Path: "projections/monitoring", Rooms: []string{"domain", "domain/expert", "domain/personal"}, Holds: "gender and year of birth, opened to be counted: matching cannot see this room"},
	{Path: "projections/views", Rooms: []string{"domain/…", "eventstore", "eventstore/codec", "matcher", "matcher/fairness", "matcher/planning", "projections", "projections/monitoring"}, Holds: "one file a view, and the feed of the matcher's index"},

	{Path: "processes", Rooms: []string{"commands", "domain/…", "eventstore", "eventstore/codec", "matcher", "matcher/planning", "projections", "projections/views"}, Modules: []string{uuid, otel, watermill}, Holds: "what reacts: placement, closing notices, deadlines, erasure"},
	{Path: "processes/checkpoint", Rooms: []string{"eventstore"}, Modules: []string{sqlite}, Holds: "where each process stands"},
	{Path: "internal/cluster", Rooms: []string{"eventstore"}, Modules: []string{goredis}, Holds: "what several machines agree on in Redis: who does what, and how far it has come"},

	{Path: "internal/esco", Rooms: []string{"domain", "domain/taxonomy"}, Holds: "ESCO's CSV package as an extension of the list of skills"},
	{Path: "internal/authz", Rooms: []string{"domain"}, Holds: "who may do what: one table, one function"},
	{Path: "internal/guard", Rooms: []string{"commands", "domain", "internal/authz", "projections", "projections/views"}, Holds: "the authorisation table applied to commands"},
	{Path: "internal/observe", Rooms: []string{"domain/personal"}, Modules: []string{otel, prometheus}, Holds: "logs without personal data, health, metrics, traces"},
	{Path: "internal/identity", Rooms: []string{"domain"}, Modules: []string{lru, "github.com/coreos/go-oidc/v3/oidc", "golang.org/x/oauth2"}, Holds: "who asks: tokens and browser sessions"},
	{Path: "internal/identity/devissuer", Rooms: []string{"domain", "internal/identity"}, Modules: []string{"github.com/go-jose/go-jose/v4"}, Holds: "the issuer of the demonstration, on loopback alone"},
	{Path: "internal/edge", Rooms: []string{"domain", "internal/identity", "internal/observe"},
		Modules: []string{uuid, lru, json, gqlgen, gqlparser, otel, "github.com/coder/websocket", "golang.org/x/time/rate"}, Holds: "GraphQL over HTTP, SSE and WebSocket within bounds"},

	{Path: "graph/schema", Rooms: []string{"internal/authz"}, Modules: []string{gqlparser}, Holds: "the GraphQL schema by topic, and its rules"},
	{Path: "graph/scalar", Rooms: []string{"domain/…", "eventstore", "matcher", "matcher/fairness", "matcher/text", "projections/views"}, Modules: []string{gqlgen}, Holds: "scalars, enums, global ids"},
	{Path: "graph/model", Rooms: []string{"domain/…", "eventstore", "graph/scalar", "graph/schema", "internal/authz", "matcher", "matcher/fairness", "matcher/planning", "matcher/text", "projections", "projections/views"}, Modules: []string{gqlgen, gqlparser}, Holds: "what the schema's objects are made of, with their rules"},
	{Path: "graph/exec", Rooms: []string{"domain/…", "eventstore", "graph/model", "graph/scalar", "matcher", "matcher/fairness", "matcher/text", "projections/views"}, Modules: []string{gqlgen, gqlparser}, Holds: "the executable schema, generated"},
	{Path: "graph/lean", Modules: []string{"golang.org/x/tools/imports"}, Holds: "makes the generated code pay only for what a request uses"},
	{Path: "graph", Rooms: []string{"commands", "domain/…", "eventstore", "graph/exec", "graph/model", "graph/scalar", "graph/schema", "internal/authz", "internal/edge", "matcher", "matcher/text", "projections", "projections/views"},
		Modules: []string{uuid, gqlgen, gqlparser, "github.com/vikstrous/dataloadgen"}, Holds: "thin resolvers: one lookup, one command, one listener each"},

	{Path: "web", Rooms: []string{"internal/edge"}, Holds: "GraphiQL, built and embedded, so that it needs no other network"},
	{Path: "internal/demo", Rooms: []string{"domain/…", "matcher"}, Holds: "the people, hosts and needs of the demonstration"},
	{Path: "internal/demo/seed", Rooms: []string{"commands", "domain/…", "internal/demo", "matcher"}, Modules: []string{errgroup}, Holds: "playing the demonstration's past through the command bus"},
	{Path: "internal/platform", Rooms: []string{"commands", "domain/…", "eventstore/…", "graph/…", "internal/…", "matcher", "matcher/planning", "privacy/…", "processes/…", "projections/…", "web"},
		Modules: []string{json, gqlgen, prometheus, errgroup, otel}, Holds: "the rooms wired into one running platform"},
	{Path: "internal/exchange", Rooms: []string{"commands", "domain/…", "eventstore", "eventstore/codec", "internal/authz", "internal/guard", "matcher", "projections", "projections/views"}, Modules: []string{json, uuid, errgroup}, Holds: "import and export as CSV and JSON"},
	{Path: "internal/roundfile", Rooms: []string{"domain", "matcher/certificate", "matcher/rounds"}, Modules: []string{json}, Holds: "rounds from files and to files, as streams"},
	{Path: "internal/backup", Rooms: []string{"domain", "eventstore", "privacy"}, Modules: []string{json, "filippo.io/age"}, Holds: "archives of the log and of the keys"},
	{Path: "internal/cli", Rooms: []string{"commands", "domain/…", "eventstore/…", "graph/…", "internal/…", "matcher/…", "privacy/…", "processes/…", "projections/…", "bench/…", "web"},
		Modules: []string{json, prometheus, "github.com/alecthomas/kong", "github.com/dustin/go-humanize", "github.com/schollz/progressbar/v3", "golang.org/x/term", "github.com/goccy/go-yaml", "filippo.io/age", uuid, errgroup}, Holds: "the command line"},
	{Path: "internal/httpaudit", Holds: "the audits of GraphQL over HTTP, against a served API"},
	{Path: "internal/benchpeer", Modules: []string{"github.com/jackc/pgx/v5"}, Holds: "what benchmarks measure beside: PostgreSQL, a raw file"},
	{Path: "bench", Rooms: []string{"commands", "domain/…", "eventstore/…", "graph/…", "internal/…", "matcher/…", "privacy/…", "processes/…", "projections/…"}, Modules: []string{prometheus, uuid, json, errgroup, "github.com/jackc/pgx/v5"}, Holds: "benchmarks of the whole, beside their peers"},
	{Path: "internal/sim", Holds: "a world of tests in which everything goes wrong in the order of a seed"},
	{Path: "internal/rules", Rooms: []string{"internal/authz"}, Modules: []string{"golang.org/x/mod/modfile"}, Holds: "this table, and the tests of the whole tree"},
	{Path: "internal/docgen", Rooms: []string{"domain/…", "internal/rules", "internal/platform", "internal/cli"}, Modules: []string{"golang.org/x/tools/go/packages"}, Holds: "the generated parts of the docs"},
	{Path: "internal/docrun", Holds: "running the examples of the docs against a served platform"},
	{Path: "deploy", Holds: "how the platform is run: systemd, Prometheus, Grafana, Keycloak"},
	{Path: "scripts", Rooms: []string{"internal/docrun"}, Holds: "what make and CI call"},
	{Path: "cmd/diaspora", Rooms: []string{"internal/cli"}, Holds: "main, a few lines"},
}

// Of returns the room of a folder of the tree: the longest path that it lies in.
func Of(folder string) (Room, bool) {
	var best Room
	for _, r := range Rooms {
		if len(r.Path) > len(best.Path) && within(folder, r.Path) {
			best = r
		}
	}
	return best, best.Path != ""
}

// MayImport reports whether the code of a room may import another folder of the
// tree.
func (r Room) MayImport(folder string) bool {
	other, known := Of(folder)
	if !known {
		return false
	}
	if other.Path == r.Path {
		return true
	}
	for _, allowed := range r.Rooms {
		below, all := strings.CutSuffix(allowed, "/…")
		if other.Path == allowed || all && within(other.Path, below) {
			return true
		}
	}
	return false
}

// MayUse reports whether the code of a room may import others' code.
func (r Room) MayUse(importPath string) bool {
	for _, m := range r.Modules {
		if within(importPath, m) {
			return true
		}
	}
	return false
}

// within reports whether a slash-separated path is another or lies below it.
func within(path, above string) bool {
	return path == above || strings.HasPrefix(path, above+"/")
}
