// What an SMS costs on air: smsgw/keywords/gsm7.py once more, for the meter that counts while somebody types.
// `table` comes from the server, so that the characters and sizes stand in one place only.

export function measure(table, text) {
  const characters = [...text];
  const at = characters.findIndex((one) => !table.basic.includes(one) && !table.extended.includes(one));
  return at < 0 ? septets(table, characters) : units(table, text, characters, at);
}

function septets(table, characters) {
  const costs = characters.map((one) => (table.extended.includes(one) ? 2 : 1));
  const sum = costs.reduce((before, cost) => before + cost, 0);
  const segments = sum <= table.single ? 1 : packed(costs, table.part);
  return { encoding: "GSM-7", septets: sum, units: null, segments, breaks: null };
}

function units(table, text, characters, at) {
  const segments = text.length <= table.single_ucs2 ? 1 : packed(clusters(table, characters), table.part_ucs2);
  return { encoding: "UCS-2", septets: null, units: text.length, segments, breaks: { at, character: characters[at] } };
}

// UTF-16 units of each character with the marks that hang on it, which the carrier keeps in one segment.
function clusters(table, characters) {
  const costs = [];
  for (const one of characters) {
    if (costs.length && isMark(table, one.codePointAt(0))) costs[costs.length - 1] += one.length;
    else costs.push(one.length);
  }
  return costs;
}

function isMark(table, code) {
  return table.marks.some(([first, last]) => first <= code && code <= last);
}

function packed(costs, room) {
  let segments = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > room) {
      segments += 1;
      used = 0;
    }
    used += cost;
  }
  return segments;
}
