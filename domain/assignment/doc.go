// Package assignment is the placement itself: planned after an accepted offer,
// prepared, carried out, reported on, evaluated and followed up.
//
// Invariants: nobody starts before every obligatory item of the checklist is
// done, and the pre-departure training is never waived, also for virtual work;
// an expert does not travel on an open checklist; the work plan is agreed by
// expert and host; nobody accepts their own report; an assignment is completed
// only with an accepted final report; what happened stays in the history, and
// a follow-up is linked to what it follows.
//
// It does not know the expert's bookings, the need's seats, or money. Exact
// travel, insurance and visa papers are no part of it: only that they are done.
package assignment
