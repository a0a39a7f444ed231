package deploy_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/identity"
)

// service of docker-compose.yml.
type service struct {
	Image       string
	Build       string
	Profiles    []string
	Command     []string
	NetworkMode string `yaml:"network_mode"`
	Environment map[string]string
	Ports       []string
	Volumes     []string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string
		Disable bool
	}
}

func compose(t *testing.T) (services map[string]service, volumes map[string]any) {
	t.Helper()
	var file struct {
		Services map[string]service
		Volumes  map[string]any
	}
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) < 5 {
		t.Fatalf("only %d services", len(file.Services))
	}
	return file.Services, file.Volumes
}

// pinned is a tag with three numbers, or a digest.
var pinned = regexp.MustCompile(`(:v?\d+\.\d+\.\d+([-.][a-z0-9.-]+)?|@sha256:[0-9a-f]{64})$`)

func TestComposeHoldsTogether(t *testing.T) {
	services, volumes := compose(t)
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := services[name]
		if s.Build == "" && !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %q is not pinned", name, s.Image)
		}
		if len(s.Profiles) == 0 {
			t.Errorf("%s is in no profile", name)
		}
		if ends := endsByItself(name, services); ends != s.Healthcheck.Disable || !ends && len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s has no health check", name)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: the port %s is open to other machines", name, port)
			}
		}
		for other := range s.DependsOn {
			for _, profile := range s.Profiles {
				if !slices.Contains(services[other].Profiles, profile) {
					t.Errorf("%s needs %s, which is not in the profile %s", name, other, profile)
				}
			}
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, ".") {
				if _, err := os.Stat(filepath.Join(root, from)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if _, declared := volumes[from]; !declared {
				t.Errorf("%s: the volume %s is not declared", name, from)
			}
			used[from] = true
		}
	}
	for name := range volumes {
		if !used[name] {
			t.Errorf("nobody uses the volume %s", name)
		}
	}
}

// endsByItself: others wait for it to be done.
func endsByItself(name string, services map[string]service) bool {
	for _, s := range services {
		if s.DependsOn[name].Condition == "service_completed_successfully" {
			return true
		}
	}
	return false
}

// TestComposeStartsThePlatformRightly holds the platform's settings to the program
// and to the realm: what one promises, the other takes.
func TestComposeStartsThePlatformRightly(t *testing.T) {
	services, _ := compose(t)
	r, found := realm(t), 0
	for name, s := range services {
		if s.Build == "" {
			continue
		}
		found++
		var text strings.Builder
		for key, value := range s.Environment {
			text.WriteString(" " + key + "=" + value + "\n")
		}
		knowsAll(t, name, s.Command[0], text.String()+" "+strings.Join(s.Command, " "))
		if s.Environment["DIASPORA_AUDIENCE"] == "" || !slices.Contains(r.audiences(), s.Environment["DIASPORA_AUDIENCE"]) {
			t.Errorf("%s: no client of the realm makes tokens for %q", name, s.Environment["DIASPORA_AUDIENCE"])
		}
		for _, party := range strings.Split(s.Environment["DIASPORA_PARTY"], ",") {
			if r.client(party) == nil {
				t.Errorf("%s: the realm has no client %s", name, party)
			}
		}
		web := r.client(s.Environment["DIASPORA_CLIENT_ID"])
		if web == nil || !slices.Contains(web.RedirectURIs, s.Environment["DIASPORA_PUBLIC_URL"]+"/callback") {
			t.Errorf("%s: browsers cannot come back from the realm", name)
		}
		if !strings.HasSuffix(s.Environment["DIASPORA_ISSUER"], "/realms/"+r.Realm) || !strings.HasPrefix(s.Environment["DIASPORA_ISSUER"], services["keycloak"].Environment["KC_HOSTNAME"]) {
			t.Errorf("%s: %s is not the realm's issuer", name, s.Environment["DIASPORA_ISSUER"])
		}
		if !slices.ContainsFunc(r.Users, func(u user) bool {
			return u.ID == s.Environment["DIASPORA_ADMINISTRATOR"] && u.Username == "administrator"
		}) {
			t.Errorf("%s: the realm has no such administrator", name)
		}
		verifier, err := identity.NewVerifier(identity.Config{
			Issuer: s.Environment["DIASPORA_ISSUER"], Audiences: strings.Split(s.Environment["DIASPORA_AUDIENCE"], ","), Parties: strings.Split(s.Environment["DIASPORA_PARTY"], ","),
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := identity.NewLogin(identity.LoginConfig{
			Verifier: verifier, ClientID: s.Environment["DIASPORA_CLIENT_ID"], RedirectURL: s.Environment["DIASPORA_PUBLIC_URL"] + "/callback",
		}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found == 0 {
		t.Error("nothing runs the platform")
	}
}

func TestComposeIsTakenByItsOwnProgram(t *testing.T) {
	docker := wants(t, "docker", "docker-compose.yml")
	if err := exec.Command(docker, "compose", "version").Run(); err != nil {
		t.Skip("docker has no compose here, so nobody but this test has checked docker-compose.yml")
	}
	for _, profile := range []string{"dev", "cluster"} {
		out, err := exec.Command(docker, "compose", "--file", filepath.Join(root, "docker-compose.yml"), "--profile", profile, "config", "--quiet").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %s", profile, out)
		}
	}
}

type client struct {
	ClientID                  string
	PublicClient              bool
	StandardFlowEnabled       bool
	ImplicitFlowEnabled       bool
	DirectAccessGrantsEnabled bool
	FullScopeAllowed          bool
	RedirectURIs              []string `json:"redirectUris"`
	Attributes                map[string]string
	DefaultClientScopes       []string
	ProtocolMappers           []struct {
		ProtocolMapper string
		Config         map[string]string
	}
}

type user struct {
	ID, Username string
	RealmRoles   []string
}

type realmFile struct {
	Realm                     string
	DefaultSignatureAlgorithm string
	AccessTokenLifespan       int
	SMTPServer                map[string]string `json:"smtpServer"`
	Roles                     struct{ Realm []struct{ Name string } }
	Clients                   []client
	Users                     []user
}

func realm(t *testing.T) realmFile {
	t.Helper()
	var r realmFile
	if err := json.Unmarshal([]byte(read(t, "deploy/keycloak/realm.json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r realmFile) client(id string) *client {
	for i := range r.Clients {
		if r.Clients[i].ClientID == id {
			return &r.Clients[i]
		}
	}
	return nil
}

// audiences are those for which every client makes access tokens.
func (r realmFile) audiences() []string {
	var all []string
	for i, c := range r.Clients {
		var own []string
		for _, m := range c.ProtocolMappers {
			if m.ProtocolMapper == "oidc-audience-mapper" && m.Config["access.token.claim"] == "true" && m.Config["id.token.claim"] == "false" {
				own = append(own, m.Config["included.custom.audience"])
			}
		}
		if i == 0 {
			all = own
		}
		all = slices.DeleteFunc(all, func(a string) bool { return !slices.Contains(own, a) })
	}
	return all
}

func TestTheRealmFitsThePlatform(t *testing.T) {
	r := realm(t)
	if !slices.Contains(identity.Algorithms, r.DefaultSignatureAlgorithm) {
		t.Errorf("tokens are signed by %s, which is not accepted", r.DefaultSignatureAlgorithm)
	}
	if r.AccessTokenLifespan <= 0 || r.AccessTokenLifespan > 3600 {
		t.Errorf("an access token lives for %d s", r.AccessTokenLifespan)
	}
	var roles []string
	for _, role := range r.Roles.Realm {
		roles = append(roles, role.Name)
	}
	slices.Sort(roles)
	want := []string{string(domain.RoleExpert), string(domain.RoleHost), string(domain.RoleFocalPoint), string(domain.RoleManager), string(domain.RoleAdministrator), string(domain.RoleEvaluator)}
	slices.Sort(want)
	if !slices.Equal(roles, want) {
		t.Errorf("the realm has the roles %v, and the platform %v", roles, want)
	}
	for _, c := range r.Clients {
		if !c.PublicClient || !c.StandardFlowEnabled || c.ImplicitFlowEnabled || c.DirectAccessGrantsEnabled || c.FullScopeAllowed || c.Attributes["pkce.code.challenge.method"] != "S256" {
			t.Errorf("%s: only the code flow with PKCE is wanted", c.ClientID)
		}
		if slices.Contains(c.DefaultClientScopes, "profile") || slices.Contains(c.DefaultClientScopes, "email") || !slices.Contains(c.DefaultClientScopes, "basic") {
			t.Errorf("%s: a token tells the subject, and neither names nor addresses", c.ClientID)
		}
		for _, uri := range c.RedirectURIs {
			if strings.Contains(uri, "*") {
				t.Errorf("%s: the redirect %s is open", c.ClientID, uri)
			}
		}
	}
	services, _ := compose(t)
	if _, there := services[r.SMTPServer["host"]]; !there {
		t.Errorf("there is no service %q to take letters", r.SMTPServer["host"])
	}
	seen := map[string]bool{}
	for _, u := range r.Users {
		if !domain.ValidID(u.ID) || seen[u.ID] || len(u.RealmRoles) != 1 || !slices.Contains(roles, u.RealmRoles[0]) {
			t.Errorf("the user %s has no id of their own, or no role", u.Username)
		}
		seen[u.ID] = true
	}
}

func TestTheImageIsSmallAndNobodys(t *testing.T) {
	text := read(t, "Dockerfile")
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1) {
		if m[1] != "scratch" && !pinned.MatchString(m[1]) && !regexp.MustCompile(`:\d+\.\d+\.\d+-`).MatchString(m[1]) {
			t.Errorf("the image %s is not pinned", m[1])
		}
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-buildid=", "USER 65532", "ca-certificates.crt", "HEALTHCHECK", `ENTRYPOINT ["/diaspora"]`} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %s", want)
		}
	}
	knowsAll(t, "Dockerfile", "serve", regexp.MustCompile(`(?m)^ENV DIASPORA.*$`).FindString(text))
	module := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	if !strings.Contains(text, "golang:"+module+".") {
		t.Errorf("the image is not built by Go %s", module)
	}
	ignored := read(t, ".dockerignore")
	for _, want := range []string{".git", "data", "demo-data"} {
		if !slices.Contains(strings.Split(ignored, "\n"), want) {
			t.Errorf(".dockerignore lets %s into the build", want)
		}
	}
}

// alerts of deploy/prometheus/alerts.yml.
func alerts(t *testing.T) (list []struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/prometheus/alerts.yml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	if len(list) < 5 {
		t.Fatalf("only %d alerts", len(list))
	}
	return list
}

func TestAlertsAreAboutWhatThereIs(t *testing.T) {
	known, page := exported(t), read(t, "docs/operations.md")
	for _, a := range alerts(t) {
		knownMetrics(t, a.Alert, a.Expr, known)
		if a.Annotations["summary"] == "" || a.Labels["severity"] != "page" && a.Labels["severity"] != "ticket" {
			t.Errorf("%s does not say what it is, or how bad", a.Alert)
		}
		if !strings.Contains(page, "`"+a.Alert+"`") {
			t.Errorf("docs/operations.md does not say what to do about %s", a.Alert)
		}
	}
	for _, m := range regexp.MustCompile("`(Diaspora[A-Z][A-Za-z]+)`").FindAllStringSubmatch(page, -1) {
		if !strings.Contains(read(t, "deploy/prometheus/alerts.yml"), "alert: "+m[1]+"\n") {
			t.Errorf("docs/operations.md speaks of the alert %s, which is not there", m[1])
		}
	}
}

func TestPrometheusTakesItsRules(t *testing.T) {
	promtool := wants(t, "promtool", "deploy/prometheus")
	for _, args := range [][]string{{"check", "rules", "prometheus/alerts.yml"}, {"check", "config", "prometheus/prometheus.yml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestUnitsCallWhatThereIs(t *testing.T) {
	units, err := filepath.Glob("systemd/*.service")
	if err != nil || len(units) == 0 {
		t.Fatal("no units")
	}
	for _, path := range units {
		text := read(t, "deploy/"+path)
		call := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/diaspora (\w+)(.*)$`).FindStringSubmatch(text)
		if call == nil {
			t.Errorf("%s does not call the program", path)
			continue
		}
		knowsAll(t, path, call[1], call[2])
		for _, want := range []string{"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "SystemCallFilter=@system-service", "UMask=0077"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", path, strings.TrimSpace(want))
			}
		}
	}
}

// TestSystemdTakesTheUnits lets systemd judge them, with this test's own program
// in the place of the one that they call.
func TestSystemdTakesTheUnits(t *testing.T) {
	analyze := needs(t, "systemd-analyze", "deploy/systemd")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	units, err := filepath.Glob("systemd/*")
	if err != nil {
		t.Fatal(err)
	}
	var copied []string
	for _, path := range units {
		text := strings.ReplaceAll(read(t, "deploy/"+path), "/usr/local/bin/diaspora", own)
		to := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		copied = append(copied, to)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no", "--recursive-errors=no"}, copied...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, path := range copied {
		if filepath.Ext(path) != ".service" {
			continue
		}
		// 1.5 of 10: what is left is the network and a user who may write.
		if out, err := exec.Command(analyze, "security", "--offline=yes", "--no-pager", "--threshold=15", path).CombinedOutput(); err != nil {
			t.Errorf("%s is exposed: %v\n%s", filepath.Base(path), err, out)
		}
	}
}
