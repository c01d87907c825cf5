// Reads an Arrow file with npm apache-arrow and prints one JSON document: {"rows": n, "batches": n, "columns": {name: [values...]}}.
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';

const table = tableFromIPC(readFileSync(process.argv[2]));
const plain = (value) =>
  typeof value === 'bigint' ? value.toString()
    : value === null || typeof value !== 'object' ? value
      : value.toJSON !== undefined ? plain(value.toJSON())
        : Array.isArray(value) ? value.map(plain)
          : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
const columns = Object.fromEntries(table.schema.fields.map((field) => [field.name, [...table.getChild(field.name)].map(plain)]));
process.stdout.write(JSON.stringify({ rows: table.numRows, batches: table.batches.length, columns }));
