package ranking

import "github.com/diaspora-match/diaspora/domain"

// Command asks for a record.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

// Show records that the stamp's principal is shown a list. It is executed before
// the list is shown.
type Show struct {
	domain.Stamp
	Subject
	List
}

func (Show) CommandType() string { return "ranking.Show" }

func (Show) command() {}
