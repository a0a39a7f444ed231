package benchpeer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// GroupFile is the limit of what a log on this disk can do: records are appended
// to a file, and all that wait share one write and one fsync. It has no order of
// streams, no index and no way to find anything.
type GroupFile struct {
	file  *os.File
	queue chan groupRecord
	ended chan error
}

type groupRecord struct {
	bytes []byte
	done  chan error
}

// maxGroup is the most records in one write.
const maxGroup = 256

// CreateGroupFile makes a new file.
func CreateGroupFile(path string) (*GroupFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	g := &GroupFile{file: f, queue: make(chan groupRecord, maxGroup), ended: make(chan error, 1)}
	go g.write()
	return g, nil
}

// Append returns when the record is durable.
func (g *GroupFile) Append(record []byte) error {
	r := groupRecord{record, make(chan error, 1)}
	g.queue <- r
	return <-r.done
}

func (g *GroupFile) write() {
	var group []groupRecord
	var buffer []byte
	for first := range g.queue {
		group = append(group[:0], first)
		for waits := true; waits && len(group) < maxGroup; {
			select {
			case r, ok := <-g.queue:
				if waits = ok; ok {
					group = append(group, r)
				}
			default:
				waits = false
			}
		}
		buffer = buffer[:0]
		for _, r := range group {
			buffer = binary.BigEndian.AppendUint32(buffer, uint32(len(r.bytes)))
			buffer = append(buffer, r.bytes...)
		}
		_, err := g.file.Write(buffer)
		if err == nil {
			err = g.file.Sync()
		}
		for _, r := range group {
			r.done <- err
		}
	}
	g.ended <- g.file.Close()
}

// Close must come after the last Append.
func (g *GroupFile) Close() error {
	close(g.queue)
	return <-g.ended
}

// ScanGroupFile reads every record into memory of its own.
func ScanGroupFile(path string, each func(record []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	for {
		var length [4]byte
		if _, err := io.ReadFull(in, length[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		record := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(in, record); err != nil {
			return err
		}
		each(record)
	}
}

// FillGroupFile writes a file of records at once, without waiting for the disk
// between them: something for ScanGroupFile to read.
func FillGroupFile(path string, records int, record func(i int) []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	for i := range records {
		r := record(i)
		_, err := out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(r))))
		if err == nil {
			_, err = out.Write(r)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(out.Flush(), f.Close())
}
