package sqlite

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// syncingVFS is SQLite's own file system layer with one thing added: it counts
// the syncs that succeed. SQLite does not tell how often it has asked the disk to
// make data durable, and no test that kills processes can: what was written but
// not synced survives a dead process, and is lost with the power. In tests,
// beforeSync can hold a sync up or make it fail.
type syncingVFS struct {
	name       string
	counter    *atomic.Uint64
	beforeSync atomic.Pointer[func() error]

	memory  []uintptr           // what is to be freed, the first being the VFS
	mu      sync.Mutex          // guards methods
	methods map[uintptr]uintptr // SQLite's table of file methods to ours
	sync    uintptr             // SQLite's xSync
}

var (
	lastVFS atomic.Uint64
	// hooked finds the syncingVFS by the address of its VFS and of each of its
	// method tables: C structures cannot hold Go pointers.
	hooked sync.Map
)

const vfsBytes = unsafe.Sizeof(lib.Tsqlite3_vfs{})

func newSyncingVFS(counter *atomic.Uint64) (*syncingVFS, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := lib.Xsqlite3_initialize(tls); rc != lib.SQLITE_OK {
		return nil, fmt.Errorf("initialise SQLite: code %d", rc)
	}
	v := &syncingVFS{
		name:    fmt.Sprintf("diaspora-%d", lastVFS.Add(1)),
		counter: counter,
		methods: map[uintptr]uintptr{},
	}
	original := lib.Xsqlite3_vfs_find(tls, 0)
	block := libc.Xmalloc(tls, libc.Tsize_t(vfsBytes)+libc.Tsize_t(len(v.name))+1)
	if original == 0 || block == 0 {
		return nil, errors.New("no file system layer to copy")
	}
	v.memory = []uintptr{block}
	ours := at[lib.Tsqlite3_vfs](block)
	*ours = *at[lib.Tsqlite3_vfs](original)
	ours.FzName = block + vfsBytes
	copy(unsafe.Slice(at[byte](ours.FzName), len(v.name)+1), v.name+"\x00")
	ours.FxOpen = function(openHooked)
	hooked.Store(block, v)
	if rc := lib.Xsqlite3_vfs_register(tls, block, 0); rc != lib.SQLITE_OK {
		v.close()
		return nil, fmt.Errorf("register a file system layer: code %d", rc)
	}
	return v, nil
}

// close needs every connection that used the VFS to be closed.
func (v *syncingVFS) close() {
	tls := libc.NewTLS()
	defer tls.Close()
	lib.Xsqlite3_vfs_unregister(tls, v.memory[0])
	for _, block := range v.memory {
		hooked.Delete(block)
		libc.Xfree(tls, block)
	}
	v.memory = nil
}

// openHooked is xOpen of our VFS: SQLite's own, after which the file gets our
// copy of its method table.
func openHooked(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	original := lib.Xsqlite3_vfs_find(tls, 0)
	open := at[lib.Tsqlite3_vfs](original).FxOpen
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](open)(tls, original, name, file, flags, outFlags)
	f := at[lib.Tsqlite3_file](file)
	v, found := hooked.Load(vfs)
	if rc != lib.SQLITE_OK || f.FpMethods == 0 || !found {
		return rc
	}
	table := v.(*syncingVFS).table(tls, f.FpMethods)
	if table == 0 {
		call[func(*libc.TLS, uintptr) int32](at[lib.Tsqlite3_io_methods](f.FpMethods).FxClose)(tls, file)
		f.FpMethods = 0
		return lib.SQLITE_NOMEM
	}
	f.FpMethods = table
	return rc
}

func (v *syncingVFS) table(tls *libc.TLS, original uintptr) uintptr {
	v.mu.Lock()
	defer v.mu.Unlock()
	if table, ok := v.methods[original]; ok {
		return table
	}
	table := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	if table == 0 {
		return 0
	}
	ours := at[lib.Tsqlite3_io_methods](table)
	*ours = *at[lib.Tsqlite3_io_methods](original)
	v.sync = ours.FxSync // one function serves every kind of file
	ours.FxSync = function(syncHooked)
	v.methods[original] = table
	v.memory = append(v.memory, table)
	hooked.Store(table, v)
	return table
}

// syncHooked is xSync of our files.
func syncHooked(tls *libc.TLS, file uintptr, flags int32) int32 {
	found, _ := hooked.Load(at[lib.Tsqlite3_file](file).FpMethods)
	v := found.(*syncingVFS)
	if before := v.beforeSync.Load(); before != nil {
		if err := (*before)(); err != nil {
			return lib.SQLITE_IOERR_FSYNC
		}
	}
	rc := call[func(*libc.TLS, uintptr, int32) int32](v.sync)(tls, file, flags)
	if rc == lib.SQLITE_OK {
		v.counter.Add(1)
	}
	return rc
}

// at is the C structure at an address outside of Go's heap.
func at[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address))
}

// function is the address by which translated C code calls a Go function, which
// must not be a closure; call is the way back.
func function[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&f))
}

func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&address))
}
