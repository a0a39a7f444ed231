package esdbtest

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Member is a node as gossip describes it.
type Member struct {
	Address  string
	Follower bool
	Dead     bool
}

// SetMembers sets what the server gossips; without, it tells of itself as the
// leader.
func (s *Server) SetMembers(members ...Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = members
}

// Follow makes the server a follower: calls that require the leader are refused
// and sent to its address. An empty address makes it the leader.
func (s *Server) Follow(leader string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leader = leader
}

// admit is what every call to the streams passes first: the fault of the moment,
// who asks, and whether the leader must answer.
func (s *Server) admit(ctx context.Context, at Moment) error {
	if err := s.faults.at(ctx, at); err != nil {
		return err
	}
	if err := s.authenticate(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	leader := s.leader
	s.mu.Unlock()
	md, _ := metadata.FromIncomingContext(ctx)
	if leader == "" || strings.Join(md.Get("requires-leader"), "") != "true" {
		return nil
	}
	host, port, err := splitAddress(leader)
	if err != nil {
		return internal("the leader's address: %v", err)
	}
	return exception(ctx, codes.NotFound, "not-leader", "the leader answers this",
		"leader-endpoint-host", host, "leader-endpoint-port", strconv.Itoa(int(port)))
}

// authenticate asks for a user where there are users and there is TLS; without
// TLS the real server knows no users.
func (s *Server) authenticate(ctx context.Context) error {
	if len(s.options.Users) == 0 || s.identity == nil {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	for _, header := range md.Get("authorization") {
		encoded, basic := strings.CutPrefix(header, "Basic ")
		text, err := base64.StdEncoding.DecodeString(encoded)
		name, password, _ := strings.Cut(string(text), ":")
		if want, known := s.options.Users[name]; basic && err == nil && known && want == password {
			return nil
		}
	}
	return status.Error(codes.Unauthenticated, "a user is needed")
}

type featureService struct {
	serverfeatures.UnimplementedServerFeaturesServer
	server *Server
}

// GetSupportedMethods is what every client asks first. Names are in lower case.
func (f featureService) GetSupportedMethods(ctx context.Context, _ *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	if err := f.server.faults.at(ctx, Moment{Method: "features"}); err != nil {
		return nil, err
	}
	out := &serverfeatures.SupportedMethods{EventStoreServerVersion: f.server.options.Version}
	for _, method := range []string{"append", "delete", "read", "tombstone"} {
		out.Methods = append(out.Methods, &serverfeatures.SupportedMethod{
			ServiceName: "event_store.client.streams.streams", MethodName: method,
		})
	}
	return out, nil
}

type gossipService struct {
	gossip.UnimplementedGossipServer
	server *Server
}

// Read tells of the members of the cluster.
func (g gossipService) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	s := g.server
	if err := s.faults.at(ctx, Moment{Method: "gossip"}); err != nil {
		return nil, err
	}
	self := s.Address()
	s.mu.Lock()
	members := s.members
	s.mu.Unlock()
	if len(members) == 0 {
		members = []Member{{Address: self}}
	}
	out := &gossip.ClusterInfo{}
	for _, m := range members {
		host, port, err := splitAddress(m.Address)
		if err != nil {
			return nil, internal("a member's address: %v", err)
		}
		state := gossip.MemberInfo_Leader
		if m.Follower {
			state = gossip.MemberInfo_Follower
		}
		out.Members = append(out.Members, &gossip.MemberInfo{
			InstanceId: wireID(uuid.NewSHA1(uuid.NameSpaceURL, []byte(m.Address)), false),
			TimeStamp:  time.Now().UnixNano() / 100,
			State:      state, IsAlive: !m.Dead,
			HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
		})
	}
	return out, nil
}
