// Reads the Iceberg table in a folder with two readers and prints one JSON document: {"chdb": [rows of each query], "icebird": rows}.
//   node read.mjs <folder> <location> [query...]
// <location> is what the table's metadata calls the folder. Queries have LAKE where the table belongs; they are ClickHouse's (npm chdb).
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { icebergRead } from 'icebird';

const [folder, location, ...queries] = process.argv.slice(2);

// icebird asks for URLs; they are files here.
globalThis.fetch = async (url, init) => {
  if (!url.startsWith(location)) throw new Error(`${url} is not below ${location}`);
  const bytes = readFileSync(folder + url.slice(location.length));
  const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '');
  if (!range) return new Response(bytes, { headers: { 'content-length': `${bytes.length}` } });
  return new Response(bytes.subarray(Number(range[1]), Number(range[2]) + 1), { status: 206 });
};
console.warn = () => {};

const plain = (value) =>
  typeof value === 'bigint' ? value.toString()
    : value === null || typeof value !== 'object' ? value
      : value instanceof Date ? value.toISOString()
        : ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
          : Array.isArray(value) ? value.map(plain)
            : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));

const icebird = (await icebergRead({ tableUrl: location })).map(plain);
const chdb = [];
if (queries.length > 0) {
  // icebergLocal opens only what is below the working directory.
  process.chdir(dirname(folder));
  const { query } = await import('chdb');
  for (const text of queries) {
    const lines = query(text.replaceAll('LAKE', `icebergLocal('${basename(folder)}')`), 'JSONEachRow');
    chdb.push(lines.split('\n').filter((line) => line.length > 0).map((line) => JSON.parse(line)));
  }
}
process.stdout.write(JSON.stringify({ chdb, icebird }));
