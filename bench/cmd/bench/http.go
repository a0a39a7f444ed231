package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/diaspora-match/diaspora/bench/load"
	"github.com/diaspora-match/diaspora/bench/report"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/demo"
)

// What is asked, and by how many at once.
const (
	queried     = 20
	connections = 16
	mutators    = 32
	offered     = 1000 // mutations a second
	checkEvery  = 50   // mutations between two looks by another query
)

const query = `query ($first: Int) { needs(first: $first, filter: { status: [PUBLISHED] }) { nodes {
  id status terms { title objective sector deadline } institution { id name country } counts { total awaitingHost hostAccepted } } } }`

const mutation = `mutation ($input: DraftNeedInput!) { draftNeed(input: $input) { __typename
  ... on NeedPayload { position need { id status terms { title } institution { name } } } ... on Refused { refusals { code field } } } }`

const look = `query ($id: ID!) { need(id: $id) { terms { title } } }`

// endpoint is a served GraphQL, or plain rows where body is empty.
type endpoint struct {
	client *http.Client
	url    string
	token  string
}

func newEndpoint(url, token string, connections int) endpoint {
	return endpoint{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}, url, token}
}

func (e endpoint) ask(ctx context.Context, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json, application/json")
	if e.token != "" {
		r.Header.Set("Authorization", "Bearer "+e.token)
	}
	answer, err := e.client.Do(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
		return nil, fmt.Errorf("answer %d: %.500s", answer.StatusCode, text)
	}
	return text, nil
}

func body(query string, variables map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{"query": query, "variables": variables})
}

// serving runs f while a child serves a copy of the world.
func (b *bench) serving(ctx context.Context, f func(at served, pid int) error) (err error) {
	folder, err := os.MkdirTemp(b.folder, "served-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	w, err := b.world.Copy(filepath.Join(folder, "world"))
	if err != nil {
		return err
	}
	c, err := b.command(ctx, "serve", w.Folder)
	if err != nil {
		return err
	}
	var at served
	server, err := startChild(c, &at)
	if err != nil {
		return err
	}
	return errors.Join(f(at, server.pid()), server.stop())
}

// mutations drafts needs over HTTP: first at the offered rate, for how long one
// takes, then as fast as the clients can, for how many there can be. The answer
// holds the need as a query sees it; now and then another query looks.
func (b *bench) mutations(ctx context.Context) error {
	return b.serving(ctx, func(at served, pid int) error {
		to := newEndpoint(at.GraphQL, at.Token, mutators)
		defer to.client.CloseIdleConnections()
		var drafted atomic.Int64
		do := func(ctx context.Context, _, _ int) error { return draft(ctx, to, int(drafted.Add(1))) }
		if _, err := (load.Run{Clients: mutators, Lasts: b.lasts / 2, Do: do}).Measure(ctx); err != nil {
			return err // warms up
		}
		var p50, p99, rate, each []float64
		for range b.rounds {
			paced, err := load.Run{Clients: mutators, Lasts: b.lasts, Rate: offered, Do: do}.Measure(ctx)
			if err != nil {
				return err
			}
			p50, p99 = append(p50, milliseconds(paced.Percentile(50))), append(p99, milliseconds(paced.Percentile(99)))
			free, err := load.Run{Clients: mutators, Lasts: b.lasts, Process: pid, Do: do}.Measure(ctx)
			if err != nil {
				return err
			}
			rate, each = append(rate, free.PerSecond()), append(each, float64(free.CPUEach().Microseconds()))
		}
		note := fmt.Sprintf("%d clients over HTTP on loopback, which share the processors with the server", mutators)
		b.add(report.Line{What: fmt.Sprintf("mutation until the next query sees it, p50 at %d/s", offered), Bar: "≤ 5 ms", Measured: fmt.Sprintf("%.1f ms", load.Median(p50...)), OK: load.Median(p50...) <= 5, Note: note})
		b.add(report.Line{What: "the same, p99", Bar: "≤ 50 ms", Measured: fmt.Sprintf("%.1f ms", load.Median(p99...)), OK: load.Median(p99...) <= 50})
		b.add(report.Line{What: "mutations, as many as 32 clients can", Bar: "≥ 1,000/s", Measured: report.PerSecond(load.Median(rate...)), OK: load.Median(rate...) >= 1000,
			Note: fmt.Sprintf("%.0f µs of processor time each", load.Median(each...))})
		return nil
	})
}

func draft(ctx context.Context, to endpoint, n int) error {
	title := fmt.Sprintf("Midwife trainer number %d", n)
	hosts := demo.Institutions()
	host := hosts[n%len(hosts)]
	text, err := body(mutation, map[string]any{"input": map[string]any{
		"programme":   scalar.GlobalID{Type: scalar.TypeProgramme, UUID: string(demo.ProgrammeID())}.String(),
		"institution": scalar.GlobalID{Type: scalar.TypeInstitution, UUID: string(host.ID)}.String(),
		"terms": map[string]any{
			"title": title, "sector": "HEALTH", "objective": "Midwives of the ward lead difficult births by themselves.",
			"tasks": []string{"Train midwives at the bedside", "Write the protocol of the ward"}, "positions": 2, "modality": "PHYSICAL",
			"skills": []any{map[string]any{"skill": "health.midwifery", "minLevel": "PROFICIENT", "importance": "ESSENTIAL"}},
		},
	}})
	if err != nil {
		return err
	}
	answer, err := to.ask(ctx, text)
	if err != nil {
		return err
	}
	var drafted struct {
		Data struct {
			DraftNeed struct {
				Need struct {
					ID    string
					Terms struct{ Title string }
				}
			}
		}
	}
	if err := json.Unmarshal(answer, &drafted); err != nil || drafted.Data.DraftNeed.Need.Terms.Title != title {
		return fmt.Errorf("the answer does not show the draft: %.500s", answer)
	}
	if n%checkEvery != 0 {
		return nil
	}
	if text, err = body(look, map[string]any{"id": drafted.Data.DraftNeed.Need.ID}); err != nil {
		return err
	}
	if answer, err = to.ask(ctx, text); err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte(title)) {
		return fmt.Errorf("the next query does not see the draft: %.500s", answer)
	}
	return nil
}

// queries asks for needs with their host and counts: the platform, the floor and
// Node in turns.
func (b *bench) queries(ctx context.Context) error {
	return b.serving(ctx, func(at served, pid int) (err error) {
		text, err := body(query, map[string]any{"first": queried})
		if err != nil {
			return err
		}
		ours, floor := newEndpoint(at.GraphQL, at.Token, connections), newEndpoint(at.Plain, "", connections)
		rows, err := ours.ask(ctx, text)
		if err != nil {
			return err
		}
		peers := []peer{{name: "ours", at: ours, pid: pid}, {name: "plain", at: floor, pid: pid}}
		node, url, err := startNode(ctx, filepath.Join(b.folder, "rows.json"), rows)
		switch {
		case errors.Is(err, errNoNode):
			fmt.Fprintln(os.Stderr, "bench:", err)
		case err != nil:
			return err
		default:
			defer func() { err = errors.Join(err, node.stop()) }()
			peers = append(peers, peer{name: "node", at: newEndpoint(url, "", connections), pid: node.pid()})
		}
		for round := range b.rounds + 1 {
			for i := range peers {
				if err := peers[i].measure(ctx, text, b.lasts, round > 0); err != nil {
					return fmt.Errorf("%s: %w", peers[i].name, err)
				}
			}
		}
		b.tellQueries(peers)
		return nil
	})
}

// peer is one server of the comparison.
type peer struct {
	name            string
	at              endpoint
	pid             int
	rate, each, p99 []float64
}

// measure lets the peer answer; the first round warms up and does not count.
func (p *peer) measure(ctx context.Context, text []byte, lasts time.Duration, counts bool) error {
	r, err := load.Run{Clients: connections, Lasts: lasts, Process: p.pid, Do: func(ctx context.Context, _, _ int) error {
		_, err := p.at.ask(ctx, text)
		return err
	}}.Measure(ctx)
	if err != nil || !counts {
		return err
	}
	p.rate, p.each = append(p.rate, r.PerSecond()), append(p.each, float64(r.CPUEach().Microseconds()))
	p.p99 = append(p.p99, milliseconds(r.Percentile(99)))
	return nil
}

func (b *bench) tellQueries(peers []peer) {
	ours, floor := peers[0], peers[1]
	each, p99 := load.Median(ours.each...), load.Median(ours.p99...)
	b.add(report.Line{What: "query of 20 needs with host and counts, processor time", Bar: "≤ 600 µs", Measured: fmt.Sprintf("%.0f µs", each), OK: each <= 600,
		Note: fmt.Sprintf("plain net/http: %.0f µs", load.Median(floor.each...))})
	b.add(report.Line{What: "the same, p99 at 16 connections", Bar: "≤ 50 ms", Measured: fmt.Sprintf("%.1f ms", p99), OK: p99 <= 50, Note: report.PerSecond(load.Median(ours.rate...)) + " in all"})
	b.ratio("the same beside plain net/http", 0.2, ours.rate, floor.rate, "")
	if len(peers) > 2 {
		node := peers[2]
		b.ratio("the same beside graphql-http on Node", 1.5, ours.rate, node.rate, fmt.Sprintf("Node: %.0f µs each", load.Median(node.each...)))
	}
}

var errNoNode = errors.New("the comparison with Node needs node and, in bench/node, npm ci --ignore-scripts")

// startNode serves the rows of an answer with graphql-http.
func startNode(ctx context.Context, file string, answer []byte) (*child, string, error) {
	const folder = "bench/node"
	if _, err := exec.LookPath("node"); err != nil {
		return nil, "", errNoNode
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "graphql-http")); err != nil {
		install := exec.CommandContext(ctx, "npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
		if out, err := install.CombinedOutput(); err != nil {
			return nil, "", fmt.Errorf("%w (npm ci: %w: %.300s)", errNoNode, err, out)
		}
	}
	var got struct {
		Data struct {
			Needs struct{ Nodes []json.RawMessage }
		}
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return nil, "", err
	}
	if len(got.Data.Needs.Nodes) != queried {
		return nil, "", fmt.Errorf("the platform answered %d needs", len(got.Data.Needs.Nodes))
	}
	rows, err := json.Marshal(got.Data.Needs.Nodes)
	if err != nil {
		return nil, "", err
	}
	if err := os.WriteFile(file, rows, 0o600); err != nil {
		return nil, "", err
	}
	var port int
	c, err := startChild(exec.CommandContext(ctx, "node", filepath.Join(folder, "server.js"), "graph/schema", file), &port)
	return c, fmt.Sprintf("http://127.0.0.1:%d/", port), err
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
