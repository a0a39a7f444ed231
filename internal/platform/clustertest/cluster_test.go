package clustertest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/projections/redis/redistest"
)

const (
	// patience bounds every wait; it is no measure of speed.
	patience = 60 * time.Second
	// refusalStands is how long a refusal must last that may come of views that lag.
	refusalStands = 15 * time.Second
	workers       = 8
	staff         = 6
	positions     = 2 // seats of a need
	textHash      = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	// Commands is the variable that says how many commands to send; about 1,500
	// without it.
	commandsVariable = "DIASPORA_CLUSTER_COMMANDS"
	commandsDefault  = 1_500
	// perExpert and perCandidacy are the commands that one takes.
	perExpert, perCandidacy = 11, 5
	applications            = 8 // of an expert
)

// place is all of it.
type place struct {
	*crowd
	folder, logs, events string
	redis                *redistest.Server
	log                  eventstore.Store // as this test reads it

	programme    string
	institutions []string
	needs        []string
	people       []person
}

type person struct {
	subject, id string
	candidacies []string
}

func day(n int) string { return domain.DateOf(time.Now()).AddDays(n).String() }

// each runs a job for 0…n-1 on all workers.
func each(n int, job func(i int)) {
	jobs := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range jobs {
				job(i)
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	running.Wait()
}

func manager(i int) string { return fmt.Sprintf("manager-%d", i%staff) }
func focal(i int) string   { return fmt.Sprintf("focal-%d", i%staff) }
func host(i int) string    { return fmt.Sprintf("host-%d", i%staff) }

// open opens the programme with its staff and hosts.
func (p *place) open() {
	p.t.Helper()
	p.programme = p.must("admin", "openProgramme", "ProgrammePayload", "programme{id}", object{"name": "Knowledge in Motion"}).str("programme", "id")
	until := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	for i := range staff {
		for who, role := range map[string]string{manager(i): "PROGRAMME_MANAGER", focal(i): "FOCAL_POINT"} {
			scope := object{"programme": p.programme}
			if role == "FOCAL_POINT" {
				scope["country"] = "SO"
			}
			p.must("admin", "grantRole", "AccessPayload", "grants{role}", object{
				"principal": identity.PrincipalFor(p.issuer.URL, who), "role": role, "scope": scope, "until": until, "reason": "staff"})
		}
	}
	on := func(name string, input object) {
		input["programme"] = p.programme
		p.must(manager(0), name, "ProgrammePayload", "programme{id}", input)
	}
	on("setProgrammeSectors", object{"sectors": []string{"HEALTH", "EDUCATION"}})
	on("setProgrammeCountry", object{"country": object{"country": "SO", "displayName": "Somalia and Somaliland", "sensitivity": "RESTRICTED"}})
	on("publishEligibility", object{"eligibility": object{"version": 1, "validity": object{"from": day(0)}, "residence": []string{"NL", "GB"}, "minEducation": 6}})
	on("publishScoring", object{"scoring": object{"version": 1, "validity": object{"from": day(0)}, "weights": []object{
		{"part": "ESSENTIAL_SKILLS", "weight": 0.8}, {"part": "AVAILABILITY_OVERLAP", "weight": 0.2}}}})
	for i := range staff {
		id := p.must(host(i), "proposeInstitution", "InstitutionPayload", "institution{id}", object{"programme": p.programme,
			"profile": object{"name": fmt.Sprintf("Hospital %d", i), "type": "HOSPITAL", "country": "SO", "sectors": []string{"HEALTH"}}}).str("institution", "id")
		p.must(manager(i), "approveInstitution", "InstitutionPayload", "institution{stage}", object{"institution": id})
		p.institutions = append(p.institutions, id)
	}
}

// publish puts the i-th need on the board.
func (p *place) publish(i int) string {
	terms := object{
		"title": "Midwifery trainer", "sector": "HEALTH", "objective": "Fewer complications at birth.", "tasks": []string{"Train the ward"},
		"outputs":         []object{{"text": "Trained midwives", "indicator": "12 of them pass"}},
		"counterparts":    []object{{"number": 12, "role": "midwives"}},
		"transferMethods": []string{"WORKSHOP_TRAINING"},
		"skills":          []object{{"skill": "health.midwifery", "minLevel": "PROFICIENT", "importance": "ESSENTIAL"}},
		"languages":       []object{{"language": "so", "minLevel": "B2", "required": true, "purpose": "TRAINING"}},
		"modality":        "PHYSICAL", "positions": positions, "deadline": day(30), "decisionDate": day(60),
		"window": object{"period": object{"from": day(0), "to": day(200)}, "minWeeks": 4, "maxWeeks": 8},
	}
	need := p.must(host(i), "draftNeed", "NeedPayload", "need{id}", object{"programme": p.programme, "institution": p.institutions[i%staff], "terms": terms}).str("need", "id")
	p.must(host(i), "submitNeed", "NeedPayload", "need{id}", object{"need": need})
	p.must(manager(i), "approveNeed", "NeedPayload", "need{id}", object{"need": need})
	p.must(manager(i), "publishNeed", "NeedPayload", "need{id}", object{"need": need, "language": "en", "title": "Midwifery trainer", "summary": "Train midwives."})
	return need
}

// register registers the i-th expert, whose profile suits every need.
func (p *place) register(i int) person {
	who := fmt.Sprintf("expert-%d", i)
	id := p.must(who, "registerExpert", "ExpertPayload", "expert{id}", object{"processing": object{"textHash": textHash, "language": "nl"}}).str("expert", "id")
	for _, step := range []struct {
		name  string
		input object
	}{
		{"declareIdentity", object{"identity": object{"name": "Amina Warsame", "email": "someone@example.org"}}},
		{"declareSkills", object{"skills": []object{{"skill": "health.midwifery", "level": "EXPERT", "years": 9}}}},
		{"declareLanguages", object{"languages": []object{{"language": "so", "level": "NATIVE"}}}},
		{"declareEducation", object{"education": []object{{"level": 7, "field": "0913"}}}},
		{"declareExperience", object{"experience": object{"years": 12, "sectors": []object{{"sector": "HEALTH", "years": 12}}}}},
		{"declareResidence", object{"country": "NL"}},
		{"declareHeritage", object{"country": "SO"}},
		{"declareAvailability", object{"windows": []object{{"period": object{"from": day(1), "to": day(300)}}}}},
	} {
		step.input["expert"] = id
		p.must(who, step.name, "ExpertPayload", "expert{id}", step.input)
	}
	p.must(focal(i), "checkHeritage", "ExpertPayload", "expert{id}", object{"expert": id, "country": "SO", "how": "INTERVIEW"})
	p.must(manager(i), "recordEligibility", "ExpertPayload", "expert{id}", object{"expert": id, "programme": p.programme, "ruleVersion": 1})
	return person{subject: who, id: id}
}

// apply takes the n-th application of an expert up to the host's acceptance. A need
// that is filled meanwhile refuses: then it ends there.
func (p *place) apply(i, n int) string {
	who, at := p.people[i], (i+n)%len(p.needs)
	need := p.needs[at]
	consent := p.do(who.subject, "giveConsent", "ExpertPayload", "created", object{"expert": who.id, "consent": object{
		"purpose": "SHARE_WITH_HOST", "need": need, "textHash": textHash, "language": "nl", "until": day(100)}})
	applied := p.do(who.subject, "applyForNeed", "CandidacyPayload", "candidacy{id}", object{"need": need, "motivation": "I was born there.", "consent": consent.str("created")})
	candidacy := applied.str("candidacy", "id")
	if candidacy == "" {
		p.t.Errorf("an application was refused: %s, %s", consent.code, applied.code)
		return ""
	}
	p.must(focal(i), "shareWithHost", "CandidacyPayload", "candidacy{id}", object{"candidacy": candidacy})
	p.must(host(at), "decideAsHost", "CandidacyPayload", "candidacy{id}", object{"candidacy": candidacy, "accept": true, "reason": "SUITS_THE_NEED"})
	return candidacy
}

// approve approves everything at once, in no order: seats and experts are short.
func (p *place) approve() {
	var all []string
	for _, who := range p.people {
		all = append(all, who.candidacies...)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	each(len(all), func(i int) {
		p.do(manager(i), "approveCandidacy", "CandidacyPayload", "candidacy{id}", object{
			"candidacy": all[i], "period": object{"from": day(1), "to": day(50)}, "modality": "PHYSICAL", "needVersion": 1, "override": "The host asks for this very expert."})
	})
}

// afterMore waits for so many more answers; false when all work is done.
func (p *place) afterMore(n int64, done <-chan struct{}) bool {
	for target := p.sent.Load() + n; p.sent.Load() < target; {
		select {
		case <-done:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return true
}

func wanted(t *testing.T) (experts, needs int) {
	t.Helper()
	commands := commandsDefault
	if text := os.Getenv(commandsVariable); text != "" {
		var err error
		if commands, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	experts = (commands + perExpert + applications*perCandidacy - 1) / (perExpert + applications*perCandidacy)
	return experts, max(applications, experts/3)
}

// A platform of two API nodes, two projectors and two process runners over Redis and
// EventStoreDB takes thousands of commands while each of the eight is killed in turn,
// and nothing is lost, done twice, oversold, double-booked or shown wrongly.
func TestEachMachineDiesInTurn(t *testing.T) {
	if testing.Short() {
		t.Skip("eight processes")
	}
	p := &place{folder: t.TempDir(), logs: t.TempDir(), redis: redistest.Start(t, "--appendonly", "yes", "--appendfsync", "everysec")}
	p.crowd = &crowd{t: t, issuer: newIssuer(t), acked: map[domain.CommandID]string{}, codes: map[string]int{}}
	events := p.eventStore()
	events.start()
	events.ready()
	nodes := map[string]*machine{}
	urls := map[string]string{}
	for _, role := range []string{"projector", "api", "process"} {
		for _, n := range []string{"-1", "-2"} {
			nodes[role+n], urls[role+n] = p.node(role+n, role)
			nodes[role+n].start()
		}
	}
	for _, m := range nodes {
		m.ready()
	}
	p.urls = []string{urls["api-1"], urls["api-2"]}

	p.open()
	experts, needs := wanted(t)
	p.needs = make([]string, needs)
	each(needs, func(i int) { p.needs[i] = p.publish(i) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.people = make([]person, experts)
		each(experts, func(i int) { p.people[i] = p.register(i) })
		for i := range p.people {
			p.people[i].candidacies = make([]string, applications)
		}
		each(experts*applications, func(i int) {
			p.people[i%experts].candidacies[i/experts] = p.apply(i%experts, i/experts)
		})
		p.approve()
	}()

	step := int64(experts*(perExpert+applications*perCandidacy)) / 12
	turn := func(name string, kill, start func(), ready func()) {
		if !p.afterMore(step, done) {
			t.Errorf("all was done before %s could be killed", name)
		}
		kill()
		p.afterMore(step/2, done) // the others go on
		start()
		ready()
		t.Logf("%s died and came back; %d commands", name, p.sent.Load())
	}
	dies := func(m *machine) { turn(m.name, m.kill, m.start, m.ready) }
	// Without these two nobody goes on.
	step /= 2
	for _, m := range []struct {
		name        string
		kill, start func()
	}{{"redis", p.redis.Kill, p.redis.Start}, {"eventstore", events.kill, events.start}} {
		p.afterMore(step, done)
		m.kill()
		m.start()
		t.Logf("%s died and came back; %d commands", m.name, p.sent.Load())
	}
	events.ready()
	for _, m := range nodes {
		m.ready()
	}
	p.log = p.truth().store
	second := p.listenAll(urls["api-2"])
	for _, name := range []string{"projector-1", "process-1", "api-1"} {
		dies(nodes[name])
	}
	first := p.listenAll(urls["api-1"])
	for _, name := range []string{"projector-2", "process-2"} {
		dies(nodes[name])
	}
	p.listened(second)
	dies(nodes["api-2"])
	<-done
	p.prove(first)
}

func (p *place) listenAll(url string) (listeners []*listener) {
	for i, need := range p.needs {
		l := p.listen(url, manager(i), need)
		p.t.Cleanup(l.stop)
		listeners = append(listeners, l)
	}
	since, err := p.log.Head(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, l := range listeners {
		l.since = since
	}
	return listeners
}
