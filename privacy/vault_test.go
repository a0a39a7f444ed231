package privacy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/privacy"
)

func recordNothing(context.Context, privacy.Read) error { return nil }

func TestVaultKeepsReplacesAndDeletes(t *testing.T) {
	r := newRoom(t)
	k := r.open()
	var reads []privacy.Read
	v := privacy.NewVault(k, func(_ context.Context, r privacy.Read) error { reads = append(reads, r); return nil })
	who := privacy.Read{Subject: subject(1), Reader: "manager", Role: domain.RoleManager, Purpose: personal.ToCaseWork, At: noon}
	get := func(kind privacy.Kind) (string, error) {
		p, err := v.Get(ctx, kind, who)
		return string(p.Reveal()), err
	}
	if _, err := get("passport"); !errors.Is(err, privacy.ErrAbsent) {
		t.Errorf("%v", err)
	}
	must(t, v.Put(ctx, subject(1), "passport", privacy.Protect([]byte("P-SECRET-1")), noon))
	must(t, v.Put(ctx, subject(1), "finance", privacy.Protect([]byte("F-SECRET-1")), noon))
	must(t, v.Put(ctx, subject(1), "passport", privacy.Protect([]byte("P-SECRET-2")), noon))
	if s, err := get("passport"); err != nil || s != "P-SECRET-2" {
		t.Errorf("%q, %v", s, err)
	}
	for name, b := range r.files() {
		if bytes.Contains(b, []byte("SECRET")) {
			t.Errorf("%s holds a plain value", name)
		}
	}
	want := who
	want.Kind = "passport"
	if len(reads) != 2 || reads[0] != want || reads[1] != want {
		t.Errorf("reads %+v", reads)
	}
	if kinds, err := v.Kinds(ctx, subject(1)); err != nil || fmt.Sprint(kinds) != "[finance passport]" {
		t.Errorf("%v, %v", kinds, err)
	}
	must(t, v.Delete(ctx, subject(1), "passport"))
	must(t, v.Delete(ctx, subject(1), "passport"))
	if _, err := get("passport"); !errors.Is(err, privacy.ErrAbsent) {
		t.Errorf("%v", err)
	}
	must(t, k.Destroy(ctx, subject(1)))
	if _, err := get("finance"); !errors.Is(err, personal.ErrErased) {
		t.Errorf("%v", err)
	}
	if err := v.Put(ctx, subject(1), "finance", privacy.Protect([]byte("F")), noon); !errors.Is(err, personal.ErrErased) {
		t.Errorf("%v", err)
	}
}

func TestUnrecordedReadReadsNothing(t *testing.T) {
	k := newRoom(t).open()
	down := errors.New("audit is down")
	v := privacy.NewVault(k, func(context.Context, privacy.Read) error { return down })
	must(t, v.Put(ctx, subject(1), "passport", privacy.Protect([]byte("P")), noon))
	p, err := v.Get(ctx, "passport", privacy.Read{Subject: subject(1)})
	if !errors.Is(err, privacy.ErrUnaudited) || !errors.Is(err, down) || p.Reveal() != nil {
		t.Errorf("%v", err)
	}
}

func TestVaultBounds(t *testing.T) {
	v := privacy.NewVault(newRoom(t).open(), recordNothing)
	big := bytes.Repeat([]byte{1}, privacy.MaxProtectedBytes)
	must(t, v.Put(ctx, subject(1), privacy.Kind(strings.Repeat("k", privacy.MaxKindBytes)), privacy.Protect(big), noon))
	for name, err := range map[string]error{
		"large":     v.Put(ctx, subject(1), "k", privacy.Protect(append(big, 1)), noon),
		"empty":     v.Put(ctx, subject(1), "k", privacy.Protect(nil), noon),
		"no kind":   v.Put(ctx, subject(1), "", privacy.Protect([]byte{1}), noon),
		"long kind": v.Put(ctx, subject(1), privacy.Kind(strings.Repeat("k", privacy.MaxKindBytes+1)), privacy.Protect([]byte{1}), noon),
	} {
		if !errors.Is(err, privacy.ErrProtectedSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProtectedDoesNotPrint(t *testing.T) {
	p := privacy.Protect([]byte("SECRET"))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p)
	for _, s := range []string{fmt.Sprint(p), fmt.Sprintf("%v %+v %#v %s %x %q %d", p, p, p, p, p, p, p), log.String()} {
		if strings.Contains(s, "SECRET") || strings.Contains(s, fmt.Sprintf("%x", "SECRET")) || !strings.Contains(s, "[protected]") {
			t.Errorf("prints %s", s)
		}
	}
	if b, err := json.Marshal(p); err == nil {
		t.Errorf("writes %s", b)
	}
}
