package edge

import "time"

// Limits bounds what callers may cost. A zero field has the default named here.
type Limits struct {
	BodyBytes           int           // one HTTP body or WebSocket message
	QueryBytes          int           // the query string of a GET
	Tokens              int           // lexical tokens of a document
	Depth               int           // nested fields, fragments spread out
	IntrospectionDepth  int           // the same below __schema and __type
	Aliases             int           // aliased fields of an operation, fragments spread out
	Directives          int           // directives of an operation, fragments spread out
	Fields              int           // the same of fields: validation compares each with each
	Complexity          int           // gqlgen's complexity of an operation
	Operation           time.Duration // run time of a query or mutation
	Rate                float64       // operations a second of one principal (or address)
	Burst               int           // operations at once above the rate
	Concurrent          int           // requests under way of one principal (or address)
	Connections         int           // open WebSockets and streams of one principal (or address)
	ConnectionsTotal    int           // open WebSockets and streams of everybody
	OperationsPerSocket int           // operations under way on one WebSocket
	MessagesPerSecond   float64       // messages a second from one WebSocket
	InitTimeout         time.Duration // from the upgrade to connection_init
	WriteTimeout        time.Duration // one message to a slow reader
	Ping                time.Duration // between signs of life on open connections
}

// DefaultLimits are the bounds of docs/limits.md.
var DefaultLimits = Limits{
	BodyBytes:           256 << 10,
	QueryBytes:          16 << 10,
	Tokens:              2_000,
	Depth:               10,
	IntrospectionDepth:  20,
	Aliases:             30,
	Directives:          20,
	Fields:              300,
	Complexity:          20_000,
	Operation:           5 * time.Second,
	Rate:                100,
	Burst:               200,
	Concurrent:          64,
	Connections:         20,
	ConnectionsTotal:    5_000,
	OperationsPerSocket: 20,
	MessagesPerSecond:   50,
	InitTimeout:         5 * time.Second,
	WriteTimeout:        10 * time.Second,
	Ping:                20 * time.Second,
}

const (
	// callersMax bounds the remembered callers of the rate and concurrency
	// limits; the least recently seen one starts afresh.
	callersMax = 20_000
	// documentsMax bounds the remembered parsed documents.
	documentsMax = 1_000
	// documentBytesMax bounds a remembered document; longer ones are read anew.
	documentBytesMax = 16 << 10
	// operationNameMax bounds an operation name in the log, in bytes.
	operationNameMax = 64
	// messageMax bounds the text of one error, in bytes.
	messageMax = 300
	// errorsMax bounds the errors of one answer; the rest are dropped.
	errorsMax = 50
	// socketIDMax bounds the id of an operation on a WebSocket, in bytes.
	socketIDMax = 128
)

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	or(&l.BodyBytes, d.BodyBytes)
	or(&l.QueryBytes, d.QueryBytes)
	or(&l.Tokens, d.Tokens)
	or(&l.Depth, d.Depth)
	or(&l.IntrospectionDepth, d.IntrospectionDepth)
	or(&l.Aliases, d.Aliases)
	or(&l.Directives, d.Directives)
	or(&l.Fields, d.Fields)
	or(&l.Complexity, d.Complexity)
	or(&l.Operation, d.Operation)
	or(&l.Rate, d.Rate)
	or(&l.Burst, d.Burst)
	or(&l.Concurrent, d.Concurrent)
	or(&l.Connections, d.Connections)
	or(&l.ConnectionsTotal, d.ConnectionsTotal)
	or(&l.OperationsPerSocket, d.OperationsPerSocket)
	or(&l.MessagesPerSecond, d.MessagesPerSecond)
	or(&l.InitTimeout, d.InitTimeout)
	or(&l.WriteTimeout, d.WriteTimeout)
	or(&l.Ping, d.Ping)
	return l
}

func or[T int | float64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
