package docrun

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Example is an operation of a page, with what must come of it.
type Example struct {
	Page              string
	Line              int            // of its first block
	As                string         // persona, by the name of its token
	Query             string         // empty for an event that is waited for
	Live              bool           // a subscription that stays open
	Variables, Answer map[string]any // or nil
}

// Place is where the example stands, for messages.
func (e Example) Place() string { return fmt.Sprintf("%s:%d", e.Page, e.Line) }

// Parse returns the examples of a page in their order.
func Parse(page, text string) ([]Example, error) {
	var found []Example
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		kind, ok := strings.CutPrefix(lines[i], "```")
		if !ok {
			continue
		}
		end := i + 1
		for end < len(lines) && lines[end] != "```" {
			end++
		}
		if end == len(lines) {
			return nil, fmt.Errorf("%s:%d: the block does not end", page, i+1)
		}
		body := strings.Join(lines[i+1:end], "\n")
		words := strings.Fields(kind)
		switch {
		case len(words) == 2 && words[0] == "graphql":
			found = append(found, Example{Page: page, Line: i + 1, As: words[1], Query: body})
		case len(words) == 3 && words[0] == "graphql" && words[2] == "live":
			found = append(found, Example{Page: page, Line: i + 1, As: words[1], Query: body, Live: true})
		case len(words) == 3 && words[0] == "json" && words[1] == "event":
			found = append(found, Example{Page: page, Line: i + 1, As: words[2]})
			if err := attach(found, "answer", body); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", page, i+1, err)
			}
		case len(words) == 1 && words[0] == "graphql":
			return nil, fmt.Errorf("%s:%d: who sends it? Write the persona after graphql", page, i+1)
		case len(words) == 2 && words[0] == "json":
			if err := attach(found, words[1], body); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", page, i+1, err)
			}
		}
		i = end
	}
	return found, nil
}

// attach gives the last example its variables or its answer.
func attach(found []Example, what, body string) error {
	if len(found) == 0 {
		return fmt.Errorf("there is no operation above")
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(body), &object); err != nil {
		return err
	}
	last := &found[len(found)-1]
	switch what {
	case "variables":
		last.Variables = object
	case "answer":
		last.Answer = object
	default:
		return fmt.Errorf("a block is variables or answer, not %s", what)
	}
	return nil
}
