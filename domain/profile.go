package domain

// SkillClaim is a skill that an expert declares.
type SkillClaim struct {
	Skill Skill      `json:"skill"`
	Level SkillLevel `json:"level"`
	Years uint8      `json:"years"` // years of practice, whole
}

// LanguageClaim is a language that an expert declares; confirmed in interview.
type LanguageClaim struct {
	Language Language `json:"language"`
	Level    CEFR     `json:"level"`
}

// Education is a level with its field of study. The name of the school is no
// input to anything and has no place here.
type Education struct {
	Level ISCED      `json:"level"`
	Field ISCEDField `json:"field,omitempty"`
}

// Availability is a window in which an expert could serve, for at most MaxWeeks
// of it (0: the whole window). Experts have jobs: dates are negotiable.
type Availability struct {
	Period   Period `json:"period"`
	MaxWeeks uint8  `json:"maxWeeks,omitempty"`
}

// SkillRequirement is a skill that a need asks for, at least at MinLevel.
type SkillRequirement struct {
	Skill      Skill      `json:"skill"`
	MinLevel   SkillLevel `json:"minLevel"`
	Importance Importance `json:"importance"`
}

// LanguageRequirement is a language that a need asks for. Only a Required one
// excludes; others add to the score.
type LanguageRequirement struct {
	Language Language        `json:"language"`
	MinLevel CEFR            `json:"minLevel"`
	Required bool            `json:"required,omitempty"`
	Purpose  LanguagePurpose `json:"purpose"`
}

// Window is when a need can be served: within Period, for MinWeeks to MaxWeeks,
// in one piece unless SplitAllowed.
type Window struct {
	Period       Period `json:"period"`
	MinWeeks     uint8  `json:"minWeeks"`
	MaxWeeks     uint8  `json:"maxWeeks"`
	SplitAllowed bool   `json:"splitAllowed,omitempty"`
}
