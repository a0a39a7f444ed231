package docrun

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answerBytesMax bounds an answer that is read.
const answerBytesMax = 4 << 20

// Runner sends examples to one platform and remembers the values that they name.
type Runner struct {
	URL    string            // of GraphQL
	Tokens map[string]string // by persona
	Today  time.Time
	values map[string]any
	live   map[string]*stream
}

// Close ends the subscriptions that are open.
func (r *Runner) Close() {
	for _, s := range r.live {
		s.close()
	}
}

// Run sends the example and compares the answer.
func (r *Runner) Run(ctx context.Context, e Example) error {
	token, ok := r.Tokens[e.As]
	if !ok {
		return fmt.Errorf("%s: there is no token for %q", e.Place(), e.As)
	}
	if e.Query == "" {
		return r.wait(ctx, e)
	}
	variables, err := r.fill(e.Variables)
	if err != nil {
		return fmt.Errorf("%s: variables: %w", e.Place(), err)
	}
	request := map[string]any{"query": e.Query, "variables": variables}
	if e.Live {
		return r.open(ctx, e, token, request)
	}
	answer, err := r.send(ctx, token, request)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Place(), err)
	}
	if answer["errors"] != nil && e.Answer["errors"] == nil {
		return fmt.Errorf("%s: errors: %s", e.Place(), compact(answer["errors"]))
	}
	if e.Answer == nil {
		return nil
	}
	if err := r.match("", e.Answer, answer); err != nil {
		return fmt.Errorf("%s: %w\nthe answer was %s", e.Place(), err, compact(answer))
	}
	return nil
}

// Ask sends one query and returns its answer as JSON with sorted keys.
func (r *Runner) Ask(ctx context.Context, as, query string) (string, error) {
	answer, err := r.send(ctx, r.Tokens[as], map[string]any{"query": query})
	if err != nil {
		return "", err
	}
	if answer["errors"] != nil {
		return "", fmt.Errorf("errors: %s", compact(answer["errors"]))
	}
	return compact(answer["data"]), nil
}

func (r *Runner) send(ctx context.Context, token string, request any) (map[string]any, error) {
	response, err := r.post(ctx, token, "application/json", request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", response.Status, err)
	}
	return answer, nil
}

func (r *Runner) post(ctx context.Context, token, accept string, request any) (*http.Response, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", accept)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+token)
	return http.DefaultClient.Do(q)
}

// fill puts the named values into variables.
func (r *Runner) fill(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		filled := make(map[string]any, len(v))
		for k, x := range v {
			f, err := r.fill(x)
			if err != nil {
				return nil, err
			}
			filled[k] = f
		}
		return filled, nil
	case []any:
		filled := make([]any, len(v))
		for i, x := range v {
			f, err := r.fill(x)
			if err != nil {
				return nil, err
			}
			filled[i] = f
		}
		return filled, nil
	case string:
		if day, ok := r.day(v); ok {
			return day, nil
		}
		if name, ok := strings.CutPrefix(v, "$"); ok {
			value, known := r.values[name]
			if !known {
				return nil, fmt.Errorf("no answer so far has given $%s", name)
			}
			return value, nil
		}
	}
	return v, nil
}

// day is the date that "$today", "$today+30" or "$today-3" stands for.
func (r *Runner) day(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "$today")
	if !ok {
		return "", false
	}
	days := 0
	if rest != "" {
		n, err := strconv.Atoi(rest)
		if err != nil {
			return "", false
		}
		days = n
	}
	return r.Today.UTC().AddDate(0, 0, days).Format(time.DateOnly), true
}

// match reports where got lacks what want says.
func (r *Runner) match(path string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %s, not an object", at(path), compact(got))
		}
		for _, k := range keys(want) {
			if err := r.match(path+"."+k, want[k], object[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) < len(want) {
			return fmt.Errorf("%s is %s, not a list of at least %d", at(path), compact(got), len(want))
		}
		for i := range want {
			if err := r.match(fmt.Sprintf("%s[%d]", path, i), want[i], list[i]); err != nil {
				return err
			}
		}
		return nil
	case string:
		return r.matchText(path, want, got)
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Errorf("%s is %s, not %s", at(path), compact(got), compact(want))
	}
	return nil
}

func (r *Runner) matchText(path, want string, got any) error {
	if want == "…" {
		if got == nil {
			return fmt.Errorf("%s is null", at(path))
		}
		return nil
	}
	expected := any(want)
	if day, ok := r.day(want); ok {
		expected = day
	} else if name, ok := strings.CutPrefix(want, "$"); ok {
		value, known := r.values[name]
		if !known {
			if got == nil {
				return fmt.Errorf("%s is null, and should give $%s", at(path), name)
			}
			if r.values == nil {
				r.values = map[string]any{}
			}
			r.values[name] = got
			return nil
		}
		expected = value
	}
	if !reflect.DeepEqual(expected, got) {
		return fmt.Errorf("%s is %s, not %s", at(path), compact(got), compact(expected))
	}
	return nil
}

func at(path string) string { return strings.TrimPrefix(path, ".") }

// keys lists the fields of an object in a fixed order.
func keys(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
