package privacy

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// others is how the processes that share a key store hear of erasures: a number in
// the lock file, in memory that they have in common. Who fences or destroys a key
// adds one after it is durable; who sees another number than before forgets all
// keys that it holds and asks the file again. Looking costs a load from memory.
type others struct {
	number *atomic.Uint64
	heard  atomic.Uint64
}

const numberBytes = 8

// hear begins to listen. The file is longer afterwards, and never shorter. The
// page stays mapped when the key store is closed: a call in flight may look at it.
func hear(lock *os.File) (*others, error) {
	stat, err := lock.Stat()
	if err == nil && stat.Size() < numberBytes {
		err = lock.Truncate(numberBytes) // by several at once too: zeros stay zeros
	}
	if err != nil {
		return nil, fmt.Errorf("privacy: share the key store: %w", err)
	}
	memory, err := syscall.Mmap(int(lock.Fd()), 0, numberBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("privacy: share the key store: %w", err)
	}
	o := &others{number: (*atomic.Uint64)(unsafe.Pointer(&memory[0]))} // a page begins at a multiple of 8
	o.heard.Store(o.number.Load())
	return o, nil
}

// tell lets the others forget. A key store that is not shared has nobody to tell.
func (o *others) tell() {
	if o != nil {
		o.number.Add(1)
	}
}

// listen forgets all keys when another process has fenced or destroyed one. Nobody
// passes before they are forgotten.
func (k *Keys) listen() {
	o := k.others
	if o == nil || o.number.Load() == o.heard.Load() {
		return
	}
	k.fill.Lock()
	defer k.fill.Unlock()
	number := o.number.Load()
	k.keys.Purge()
	k.cache.Purge()
	o.heard.Store(number)
}
