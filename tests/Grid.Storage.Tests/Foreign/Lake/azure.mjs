// Runs queries of ClickHouse (npm chdb) over an Iceberg table in Azure Blob Storage and prints the rows of each as one JSON document.
//   node azure.mjs <connection string> <container> <path of the table> [query...]
// Queries have LAKE where the table belongs.
import { query } from 'chdb';

const [connection, container, path, ...queries] = process.argv.slice(2);
const table = `icebergAzure('${connection}', '${container}', '${path}')`;
const answers = queries.map((text) =>
  query(text.replaceAll('LAKE', table), 'JSONEachRow').split('\n').filter((line) => line.length > 0).map((line) => JSON.parse(line)));
process.stdout.write(JSON.stringify(answers));
