// Package triage tells which department looks at a complaint. It is no diagnosis, and says so wherever it is shown.
//
// It is pure: no platform, no SQL, no clock. [New] reads the embedded knowledge; [Knowledge.Ask] takes what a person typed, who
// the patient is and what was answered so far, and gives a ranked list with reasons, or a question that is worth asking.
//
// # The knowledge
//
// Three tables in knowledge/, which clinicians review in any spreadsheet:
//
//   - departments.tsv: a code, names, the names under which hospitals have it (also), what stands in where a hospital lacks it
//     (instead), which department sees the same complaint in children (child), whom it treats (sex, age), and
//     how often people come to it against the others (prior).
//   - symptoms.tsv: a symptom, how people say it, which departments see it and how likely (1 to 5), why, and
//     for some a question, with the symptoms after which it is worth asking (ask_after). tells is how much it counts beside others. An age
//     with "known" wants it known: 咳嗽 alone speaks of no child. An id that begins with broad_ only names what a department sees.
//   - words.tsv: parts of the body, and words that hold a shorter one but mean something else (鸡眼 is no 眼).
//
// An expression is a word or phrase; alternatives stand between "|". "膝盖|膝 + 疼|痛" wants one of each side in the same
// clause, in any order. " / " separates several ways to say it.
//
// # How it decides
//
// Naive Bayes: each department begins with its prior, and each symptom that is said, denied or answered multiplies it by
// how often patients of that department would say so. Weights of 0 to 5 stand for chances from 0.05 to 0.87. What is said in few words, a part of
// the body alone or by a broad symptom counts less. Symptoms that are not mentioned count for nothing, because people do not list what they do
// not have. A question is chosen by how many bits it is expected to settle, and at most three are asked.
//
// # How it reads
//
// Each Chinese character, simplified, and each Latin word is a token; words lose their endings. Only in a clause where nothing is found as written, a
// Chinese phrase is looked for by its sound, and a longer Latin word may have one letter wrong: those are the errors that people make when
// typing. The parts of an expression that stand nearest belong together, unless another part of the body stands between. The longest
// expression wins where several overlap. What is denied (不发烧, 血压不高, no fever) counts against. whom.go reads whose complaint it is.
package triage
