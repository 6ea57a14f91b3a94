// Package recommend ranks doctors for a person, and tells when a next visit would be usual. It is pure: plain values in, a list with its
// reasons out; no platform, no SQL, no clock.
//
// # The rank
//
// [Rank] adds up six terms, each between 0 and 1, times its weight. The weights are judgements, not measurements: nobody has published what
// they should be. They follow one rule of thumb, which the tests hold: what was said of the complaint goes before a few days of waiting, a
// few days go before a better rating, and money and way decide between equals.
//
//	term        weight  what it is                                              where it comes from
//	fit         0.34    the share of what was said that the doctor treats       the doctor's speciality and the complaint, by [Fit]
//	soonest     0.20    1/(1 + days/7) until the first free place, 0 for none   the calendar of places
//	continuity  0.18    v/(v+1) for v past visits, halved for each year since   the person's own visits
//	rating      0.18    the shrunk average, from 1 to 5 points                  reviews of visits, by [Shrunk]
//	distance    0.06    1/(1 + km/10), 0.5 where it is not known                the location that the person sent
//	fee         0.04    1/(1 + fee/¥100)                                        the cheapest clinic
//
// A term never lowers the rank of whom it speaks for. Equal scores keep the usual order, so the order in which candidates are given does
// not matter. Numbers that make no sense (not a number, less than nothing) count as not known.
//
// # Suggestions
//
// [Suggest] gives the first few of the rank, but only those whom something speaks for that is about the person or about quality: fit,
// continuity, a good rating, a hospital notably nearer, or a place at least three days sooner than that of the first in the usual order. Where
// nothing does, there are none, and a list stays as it is. Whoever is full is suggested only for fit or continuity: there is a waitlist.
//
// # Fit
//
// specialities.tsv says which symptoms (of package triage's table) are the matter of which words in a doctor's speciality. A doctor fits by
// the share of the symptoms heard that their speciality covers; what names an item of it outright (高血压, asthma) is covered too, unless it is
// denied. The items that matched are the reason that is shown.
//
// # Ratings
//
// [Shrunk] is the mean of a Beta-like prior of ten imagined reviews and the real ones (empirical Bayes, as in Efron and Morris 1975: averages
// of few say little, and are drawn towards what all come to). What all come to is itself anchored by ten reviews of 4 points.
//
// # The next visit
//
// [Next] finds, in a person's own past visits, whose revisit comes due: after the department's interval, or after the one that the person has
// kept to. It never speaks of somebody who is booked already.
package recommend
