package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/domain/round"
)

var lifecycles = map[string]func() []domain.Transition{
	"programme": programme.Lifecycle, "institution": institution.Lifecycle, "expert": expert.Lifecycle,
	"need": need.Lifecycle, "candidacy": candidacy.Lifecycle, "assignment": assignment.Lifecycle,
	"round": round.Lifecycle,
}

func diagrams() map[string]func(string) (string, error) {
	parts := map[string]func(string) (string, error){}
	for name, lifecycle := range lifecycles {
		parts["life of "+name] = func(string) (string, error) { return diagram(lifecycle()), nil }
	}
	return parts
}

// fanMin is how many stages an event must lead from, or to, before its arrows
// leave the picture for a line of text beside it.
const fanMin = 3

// edgeEventsMax is how many events one arrow names.
const edgeEventsMax = 2

// diagram draws the transitions as a Mermaid state diagram that one can read:
// arrows that start at many stages and events that change no stage are told
// beside it. All of them stand in the list that folds out below.
func diagram(all []domain.Transition) string {
	from, to := map[string][]string{}, map[string][]string{} // by event and the other end
	for _, t := range all {
		if t.From != t.To && t.From != "" {
			from[t.Event+">"+t.To] = append(from[t.Event+">"+t.To], t.From)
			to[t.From+">"+t.Event] = append(to[t.From+">"+t.Event], t.To)
		}
	}
	type arrow struct{ from, to string }
	var arrows []arrow
	events := map[arrow][]string{}
	var many, stay []string
	for _, t := range all {
		switch {
		case t.From == t.To:
			stay = append(stay, short(t.Event))
		case len(to[t.From+">"+t.Event]) >= fanMin:
			many = append(many, fmt.Sprintf("**%s** leads from *%s* back to where it stood: %s.", short(t.Event), t.From, stages(to[t.From+">"+t.Event])))
		case len(from[t.Event+">"+t.To]) > fanMin:
			many = append(many, fmt.Sprintf("**%s** leads to *%s* from %s.", short(t.Event), t.To, stages(from[t.Event+">"+t.To])))
		default:
			a := arrow{t.From, t.To}
			if events[a] == nil {
				arrows = append(arrows, a)
			}
			events[a] = append(events[a], short(t.Event))
		}
	}
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, a := range arrows {
		start := a.from
		if start == "" {
			start = "[*]"
		}
		label := strings.Join(events[a], ", ")
		if more := len(events[a]) - edgeEventsMax; more > 0 {
			label = fmt.Sprintf("%s or %d more", strings.Join(events[a][:edgeEventsMax], ", "), more)
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", start, a.to, label)
	}
	b.WriteString("```\n\n")
	for _, line := range unique(many) {
		b.WriteString("- " + line + "\n")
	}
	if len(stay) > 0 {
		slices.Sort(stay)
		b.WriteString("- Events that leave the stage as it is: " + strings.Join(slices.Compact(stay), ", ") + ".\n")
	}
	fmt.Fprintf(&b, "\n<details><summary>All %d steps</summary>\n\n| From | Event | To |\n|---|---|---|\n", len(all))
	sorted := slices.SortedFunc(slices.Values(all), func(a, b domain.Transition) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Event, b.Event), cmp.Compare(a.To, b.To))
	})
	for _, t := range sorted {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", cmp.Or(t.From, "–"), t.Event, t.To)
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

func short(event string) string {
	_, name, _ := strings.Cut(event, ".")
	return name
}

func stages(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	for i := range names {
		names[i] = "*" + names[i] + "*"
	}
	return strings.Join(names, ", ")
}

// unique drops repeated lines and keeps the order of the first.
func unique(lines []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(l string) bool {
		again := seen[l]
		seen[l] = true
		return again
	})
}
