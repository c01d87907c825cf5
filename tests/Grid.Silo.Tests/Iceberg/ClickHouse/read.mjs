// ClickHouse (npm chdb) attaches an Iceberg REST catalog as the database `lake`, and prints one JSON document: the rows of each query.
//   node read.mjs <catalog> <warehouse> [query...]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

const [catalog, warehouse, ...queries] = process.argv.slice(2);
// ClickHouse opens only files below its user_files_path, which is the working directory here.
process.chdir(warehouse);
const folder = mkdtempSync(join(tmpdir(), 'grid-chdb-'));
const session = new Session(folder);
try {
  session.query('SET allow_database_iceberg = 1');
  session.query('SET show_data_lake_catalogs_in_system_tables = 1');
  session.query(`CREATE DATABASE lake ENGINE = DataLakeCatalog('${catalog}') SETTINGS catalog_type = 'rest', warehouse = 'grid', vended_credentials = false`);
  const rows = (text) => session.query(text, 'JSONEachRow').split('\n').filter((line) => line.length > 0).map((line) => JSON.parse(line));
  process.stdout.write(JSON.stringify(queries.map(rows)));
} finally {
  session.cleanup();
  rmSync(folder, { recursive: true, force: true });
}
