package app

// makers are the kinds of files that the chat asks for, by the names that the dialog and the notices call them.
func (a *App) makers() map[string]maker {
	return map[string]maker{}
}
