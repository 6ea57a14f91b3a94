// Package telegramtest is a simulator of Telegram for tests and for the demo: the Bot API as an [http.Handler], and people who
// chat with the bot.
//
//	sim := telegramtest.New(telegramtest.Options{Token: token})
//	defer sim.Close()
//	api := httptest.NewServer(sim)              // the program's API base URL
//	…the program calls setWebhook or getUpdates…
//	ann := sim.User(1001, "zh")
//	ann.Say("/start")
//	sim.Flush(ctx)                              // everything is delivered and acknowledged
//	ann.Messages()                              // what her phone shows
//	ann.Press(ann.Last().ID, "挂号")
//
// It is as strict as Telegram, or more: it refuses what Telegram refuses, with the same codes and descriptions, and keeps a list
// of what the program did wrong ([Server.Violations]), which a test asserts to be empty.
//
// Updates go to the registered webhook in the order of their ids for each person, and to several people at a time, up to
// max_connections: this is how Telegram's own server queues them. An answer that is no 2xx is tried again after a pause
// ([Options.Retry]). Everything is safe for concurrent use. Message dates and the life of a callback query follow
// [Options.Now]; the rate limits and the pauses between deliveries follow the real clock, because the program's pace does.
//
// Descriptions of errors were written down from the Bot API's answers; where Telegram's wording is not documented, the code is
// right and the wording is close.
package telegramtest
