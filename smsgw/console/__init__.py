"""The operators' console: pages under /console, each one view, one template and one test of the same stem.

To add the page `queue`:

1. `smsgw/console/pages/queue.py` holds its view. The folder is the list of pages: no other file is touched.

       @page("/queue", right="see", nav=40)
       def queue(visit: Visit) -> Answer:
           rows = waiting(visit.services.store)
           return visit.render("queue", rows=rows)

   `right` is a word of smsgw.operators.rights, None for a page before the sign-in. It is checked before the view is
   called, and a refusal is written to the audit log. `nav` is the place in the menu, for whoever has the right. The id
   of a row is `<key:id>` in an address; `word(request.args, "name", 40)` reads a field that a database will take.

2. What changes something is an `act`: a POST whose form bears the session's token and comes from our own pages. It does
   its work inside `visit.acting`, which writes the audit row into the same transaction, and ends by sending the browser
   to a page.

       @act("/queue/retry", right="act")
       def queue_retry(visit: Visit) -> Answer:
           with visit.acting("retry", "queue", visit.reason()) as connection:
               requeue(connection)
           return visit.go("queue")

3. `smsgw/console/templates/console/queue.html` extends `console/base.html` and fills `main`; the title is the word
   `queue.title`. Each form has `{{ token() }}` in it. All that a person or another machine wrote goes through
   `visible` (bodies, error texts) or `masked` (phones, numbers, names, bodies), never out as it is:

       {{ masked(row.phone, "phone", "inbound/17") }}   {{ reveal("inbound/17") }}   {{ row.error | visible }}

   `masked` shows the data themselves while this session has a reveal of the row that is named; `reveal` is the form
   that asks for one. No personal data in an address or a title.

4. Its words, Indonesian and English, stand in `words.ini` under `[queue]`; `{{ t("queue.title") }}` says one.

5. `tests/test_console_queue.py` proves it, with the fixture `console` of tests/conftest.py. Hostile texts, rights,
   tokens and the linter are tried on it by tests that walk all addresses (tests/test_console_security.py).

Times are shown by `{{ ms | moment }}` and `{{ ms | ago }}`, numbers by `{{ n | number }}`. An element with
`data-key="x"` is used when x is pressed; rows with `data-row` are walked by j and k and opened by o (its first link).
"""
