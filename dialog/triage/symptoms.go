package triage

// Symptoms names the symptoms that a text speaks of and an answer affirms, by their first column in the knowledge: what is denied is left out.
func (k *Knowledge) Symptoms(text string, answers Answers) []string {
	var list []string
	spoken := tokens(text)
	k.mark(spoken)
	for _, f := range k.read(spoken) {
		if !f.denied && answers[f.symptom.id] != No {
			list = append(list, f.symptom.id)
		}
	}
	for i := range k.symptoms {
		if id := k.symptoms[i].id; answers[id] == Yes {
			list = append(list, id)
		}
	}
	return list
}
