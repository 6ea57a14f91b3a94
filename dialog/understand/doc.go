// Package understand says what a typed line means: 明天上午 协和 心内科 王医生, book cardiology tomorrow morning, 取消明天的号.
//
// It is pure: it knows no database, no platform and no clock, and uses no service. A [Reader] is the grammar, read once from the files
// in grammar/; a [Directory] is the hospitals, departments and doctors of a city made ready to be found. [Reader.Read] gives the
// [Meaning] of a sentence on a day. The same sentence, day and directory always give the same meaning.
//
// # How a sentence is read
//
//  1. fold.go makes it plain: visible, half-width, lower case, simplified characters, spaces only between Latin words.
//  2. Everything that a stretch of it may be becomes a span: when.go finds days and times, grammar.go has the words that mean something
//     among others, directory.go the names of places, sound.go their pinyin, read.go those who are called by family name.
//  3. span.go chooses the spans that together explain most of it.
//  4. typo.go looks for words with one typing error in what is left, and step 3 is done again with them.
//  5. assemble.go puts together what was said; resolve.go finds the places that all of the names fit, and what does not fit.
//
// number.go reads the number of an option, words.go the words that work everywhere, find.go lists what a part of a name may be.
//
// # Files
//
//   - words.json: words that are the whole line. sentence.json: words among others.
//   - departments.txt: what people call departments, whatever the directory calls them. Of a directory's own names nothing need be here.
//
// How well sentences are read is measured by dialog/testdata/utterances.tsv; see docs/understanding.md.
package understand
