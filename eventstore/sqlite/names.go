package sqlite

import (
	"sync/atomic"

	"zombiezen.com/go/sqlite"
)

// names remembers the names of streams by their number, without a lock. Numbers
// are dense, so each has a slot of its own until there are more streams than
// slots; then those that share one take turns in it.
type names struct {
	slots [MaxCachedNames]atomic.Pointer[streamName]
}

type streamName struct {
	id   int64
	name string
}

func (n *names) put(id int64, name string) {
	n.slots[uint64(id)%MaxCachedNames].Store(&streamName{id, name})
}

// get returns the name of a stream, empty when there is no such stream.
func (n *names) get(conn *sqlite.Conn, id int64) (string, error) {
	if s := n.slots[uint64(id)%MaxCachedNames].Load(); s != nil && s.id == id {
		return s.name, nil
	}
	stmt, err := conn.Prepare("SELECT name FROM streams WHERE id = ?")
	if err != nil {
		return "", err
	}
	defer stmt.Reset()
	stmt.BindInt64(1, id)
	found, err := stmt.Step()
	if err != nil || !found {
		return "", err
	}
	name := stmt.ColumnText(0)
	n.put(id, name)
	return name, nil
}
