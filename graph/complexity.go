package graph

import "github.com/diaspora-match/diaspora/graph/exec"

func complexity() exec.ComplexityRoot { return exec.ComplexityRoot{} }
