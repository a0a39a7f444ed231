package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// formVersion is of the layout of keys and members. Another layout is another
// digest: built beside, as other tables are.
const formVersion = 1

// keyring knows the names of the keys of one set of tables.
type keyring struct {
	tag    string // "{diaspora:main}:", what all keys of the namespace begin with
	digest string
	base   string // what all keys of these views begin with
}

func ringOf(namespace, basis string, tables []projections.Schema) keyring {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = fmt.Sprintf("%s/%d", t.TableName(), t.TableVersion())
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d %q %s", formVersion, basis, strings.Join(names, " "))))
	return ringFor(namespace, hex.EncodeToString(sum[:8]))
}

func ringFor(namespace, digest string) keyring {
	tag := "{diaspora:" + namespace + "}:"
	return keyring{tag: tag, digest: digest, base: tag + "v" + digest + ":"}
}

func (k keyring) versions() string { return k.tag + "versions" }
func (k keyring) head() string     { return k.base + "head" }
func (k keyring) hold() string     { return k.base + "hold" }
func (k keyring) notices() string  { return k.base + "notices" }

const (
	rowsPart  = "rows:"
	indexPart = "index:"
)

func (k keyring) rows(t projections.Schema) string { return k.base + rowsPart + t.TableName() }

func (k keyring) index(t projections.Schema, name string) string {
	return k.base + indexPart + t.TableName() + ":" + name
}

// kinds tells the scripts what each key is: a hash of rows or a sorted set.
func (k keyring) kinds(keys []string) string {
	b := make([]byte, len(keys))
	for i, key := range keys {
		b[i] = 'z'
		if strings.HasPrefix(key, k.base+rowsPart) {
			b[i] = 'h'
		}
	}
	return string(b)
}

// sized lists the keys of rows and entries that a head remembers, in their order.
func (k keyring) sized(fields []string) []string {
	var keys []string
	for _, f := range fields {
		if strings.HasPrefix(f, k.base) {
			keys = append(keys, f)
		}
	}
	slices.Sort(keys)
	return keys
}

// strays finds the keys of these views by looking through all of the server's:
// for when the head, which knows them, is gone.
func (k keyring) strays(ctx context.Context, client goredis.UniversalClient) ([]string, error) {
	node, err := nodeOf(ctx, client, k.head())
	if err != nil {
		return nil, err
	}
	var keys []string
	scan := node.Scan(ctx, 0, k.base+"*", scanCount).Iterator()
	for scan.Next(ctx) {
		if key := scan.Val(); key != k.head() && key != k.hold() && key != k.notices() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), scan.Err()
}

// nodeOf is the server that holds a key.
func nodeOf(ctx context.Context, client goredis.UniversalClient, key string) (goredis.Cmdable, error) {
	if cluster, ok := client.(*goredis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return client, nil
}

// number writes epochs and positions so that they compare as text.
func number[N ~uint64](n N) string { return fmt.Sprintf("%020d", uint64(n)) }

func parsePosition(s string) (eventstore.Position, error) {
	var n uint64
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil {
		return 0, fmt.Errorf("redis: %q is no position", s)
	}
	return eventstore.Position(n), nil
}

// A member of an index is bucket, NUL, member: sets keep these in the order of
// their bytes, so that a bucket is a range, and all buckets of an index together
// stand in the order of a dump.

func memberOf(bucket string, m projections.Member) string { return bucket + "\x00" + string(m) }

func entryMember(e projections.IndexEntry, key string) string {
	return e.Bucket + "\x00" + e.Sort + "\x00" + key
}

// bounds of a bucket, for commands on ranges of members.
func bucketStart(bucket string) string { return "[" + bucket + "\x00" }
func bucketEnd(bucket string) string   { return "(" + bucket + "\x01" }
