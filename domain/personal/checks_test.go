package personal

import (
	"errors"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
)

func TestCheckHoldsTextToItsSubjectAndForm(t *testing.T) {
	const subject, bound = "s", 20
	for name, tc := range map[string]struct {
		text  Text
		email bool
		want  error
	}{
		"nothing":          {Text{}, false, nil},
		"text":             {Of("s", "Amina"), false, nil},
		"another person's": {Of("t", "Amina"), false, ErrSubject},
		"sealed":           {Text{subject: "s", body: "x", state: sealed}, false, ErrUnreadable},
		"erased":           {Text{subject: "s", state: erased}, false, ErrUnreadable},
		"too long":         {Of("s", strings.Repeat("a", bound+1)), false, domain.ErrTooLong},
		"blank":            {Of("s", " \n"), false, domain.ErrRequired},
		"broken":           {Of("s", "\xff"), false, domain.ErrFormat},
		"address":          {Of("s", "amina@example.org"), true, nil},
		"no address":       {Of("s", "amina"), true, domain.ErrFormat},
		"two at signs":     {Of("s", "a@b@c"), true, domain.ErrFormat},
		"no host":          {Of("s", "amina@"), true, domain.ErrFormat},
		"blank in address": {Of("s", "a b@c"), true, domain.ErrFormat},
	} {
		var c domain.Checks
		if tc.email {
			CheckEmail(&c, "email", tc.text, subject, bound)
		} else {
			Check(&c, "name", tc.text, subject, bound)
		}
		err := c.Err()
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
		if body := tc.text.body; err != nil && len(body) > 3 && strings.Contains(err.Error(), body) {
			t.Errorf("%s: the refusal repeats the text", name)
		}
	}
}
