// Package desk is the console of the hospital's staff: everything below /console/.
//
// # A page
//
// A page is a file that says what it is about: its path, the permission that it needs, what it shows and which actions it has, each
// with a permission of its own ([page], [act]; all of them stand in pages.go). Nothing is served that is not in that table, and
// nobody gets in without its permission: the one table of permissions is internal/staff's, which the chat asks as well. What a
// page shows of a list is limited to the hospitals and departments of the grants that carry the permission.
//
// What a page shows is a [view]: blocks of figures, facts, tables, forms, charts. Templates draw blocks and know no page, so a new page
// needs no template. A table ([listing]) sorts, filters, pages and exports by itself.
//
// # An action
//
// An action is a POST of a form, answered by a redirect, so that pressing reload does nothing twice. What moves money, gives
// roles or takes a list out of the house asks for the password again ([act].password): five minutes after it was given it
// is asked for anew, and the form's fields wait on the page meanwhile. Forms that must not happen twice carry a key that was made with the page. What cannot be done is said
// above the form, which keeps what was typed.
//
// # Security
//
// Sessions are scs's, in the database; they end after half an hour without use and after twelve hours anyway, and at once when the password
// or the roles change. Cross-origin posts are refused by net/http. Pages load nothing from elsewhere and run no inline script. Every
// change is in the audit log (internal/audit), in the transaction that makes it, with who did it and from where.
package desk
