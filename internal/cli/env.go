package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// prefix of the environment variables that set flags.
const prefix = "DIASPORA_"

// maxConfigBytes bounds the configuration file.
const maxConfigBytes = 1 << 20

// environment holds variables by name.
type environment map[string]string

func newEnvironment(list []string) environment {
	e := environment{}
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			e[name] = value
		}
	}
	return e
}

// variable is the environment variable of a flag: "listen-on" is
// DIASPORA_LISTEN_ON.
func variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// unset are the flags that only the command line sets.
var unset = []string{"help", "version", "config"}

// Resolve gives a flag its value from the environment. It implements
// kong.Resolver.
func (e environment) resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if slices.Contains(unset, flag.Name) {
		return nil, nil
	}
	if value, ok := e[variable(flag.Name)]; ok {
		return value, nil
	}
	return nil, nil
}

// helpValue adds to each flag's help the variable that sets it.
func helpValue(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || slices.Contains(unset, v.Name) {
		return help
	}
	return strings.TrimSpace(help + " ($" + variable(v.Name) + ")")
}

// resolve lets the configuration file, and over it the environment, fill in the
// flags that the command line leaves open.
func (s *session) resolve(parser *kong.Kong, args []string) error {
	path := configPath(args, s.env)
	if path != "" {
		config, err := readConfig(parser, path)
		if err != nil {
			return err
		}
		if err := kong.Resolvers(config).Apply(parser); err != nil {
			return err
		}
	}
	return kong.Resolvers(kong.ResolverFunc(s.env.resolve)).Apply(parser)
}

func configPath(args []string, env environment) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--config="); ok {
			return value
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return env[variable("config")]
}

func readConfig(parser *kong.Kong, path string) (kong.Resolver, error) {
	refuse := func(format string, args ...any) error {
		return errConfig.With("The configuration file " + filepath.Base(path) + " " + fmt.Sprintf(format, args...))
	}
	stat, err := os.Stat(path)
	if err != nil {
		return nil, refuse("cannot be read: %v.", err)
	}
	if stat.Size() > maxConfigBytes {
		return nil, refuse("is larger than %d bytes.", maxConfigBytes)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, refuse("cannot be read: %v.", err)
	}
	var values map[string]any
	if err := json.Unmarshal(b, &values); err != nil {
		return nil, refuse("is not a JSON object: %v.", err)
	}
	known := flagNames(parser.Model.Node)
	for name := range values {
		if !slices.Contains(known, name) {
			return nil, refuse("sets %q, and there is no such flag.", name)
		}
	}
	return kong.JSON(bytes.NewReader(b))
}

// flagNames lists the names that a configuration file may set.
func flagNames(n *kong.Node) []string {
	var names []string
	for _, f := range n.Flags {
		if !slices.Contains(unset, f.Name) {
			names = append(names, f.Name, strings.ReplaceAll(f.Name, "-", "_"))
		}
	}
	for _, child := range n.Children {
		names = append(names, flagNames(child)...)
	}
	return names
}
