// Package browser opens the pages of a real node in Chromium, as a person
// would. It is a module of its own, so that what drives the browser never
// enters that of the product; `make browser` runs it, and wants a Chromium.
package browser
