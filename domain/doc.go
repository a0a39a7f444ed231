// Package domain holds the values that every room of Diaspora Match shares:
// ids, dates and periods, the code lists of the field (ISO countries, BCP 47
// languages, CEFR, ISCED, ISCO, sectors, modality), fixed-point scores, and the
// one vocabulary of refusals.
//
// It imports the standard library only. It knows no clock, no store, no wire
// format but JSON text, and no person: personal text lives in domain/personal.
package domain
