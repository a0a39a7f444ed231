// Package esco reads the CSV package of ESCO, the European classification of
// skills and occupations, and makes of it an extension of the platform's own
// list of skills: more skills, other names, which skills are parts of which, and
// how near two skills are by the occupations that ask for both.
//
// Invariants: the same package and the same built-in list give the same bytes,
// whatever the order of rows, folders and archives; a package is taken whole or
// refused with file, line and column of what is wrong; a saved file that is cut
// short, altered or made for another built-in list is refused, never half read.
//
// It knows no expert and no need, and nothing of ESCO is part of the platform:
// users download the package from the ESCO portal (Commission Decision
// 2011/833/EU asks for attribution) and import it.
package esco
