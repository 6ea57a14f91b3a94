// Package hisapi is the interface for other programs of a hospital, above all its information system (HIS): JSON over HTTP below /api/v1. They push what is said
// of departments and doctors, and schedules, and pull appointments (docs/his-api.md; the document served at /api/v1/openapi.json).
//
// A token is for one hospital. Whatever lies outside of it does not exist. Schedules are changed by change sets, as in the console.
package hisapi
