package platform_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/platform"
)

func TestRolesThatCannotWorkAreRefused(t *testing.T) {
	const events, views = "esdb://127.0.0.1:1?tls=false", "redis://127.0.0.1:1/0"
	for name, c := range map[string]struct {
		cfg  platform.Config
		code string
	}{
		"an unknown role":      {platform.Config{Roles: []platform.Role{"leader"}, EventStore: events, Redis: views}, "platform.role"},
		"the index for nobody": {platform.Config{Roles: []platform.Role{platform.RoleMatcher}, EventStore: events, Redis: views}, "platform.role_alone"},
		"a log in a file":      {platform.Config{Roles: []platform.Role{platform.RoleAPI}, Redis: views}, "platform.roles_need"},
		"views in memory":      {platform.Config{Roles: []platform.Role{platform.RoleProjector}, EventStore: events}, "platform.roles_need"},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Folder = t.TempDir()
			_, err := platform.Open(t.Context(), c.cfg)
			if rs := domain.AsRefusals(err); len(rs) != 1 || rs[0].Code != c.code || rs[0].Field != "roles" {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}
